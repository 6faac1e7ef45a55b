// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/gsttorchmatchmeta.h"

#include <initializer_list>

#include "lib/gst/match_mapping.h"
#include "lib/gst/raw_frame.h"

G_DEFINE_BOXED_TYPE(GstTorchMatch, gst_torch_match, gst_torch_match_copy, gst_torch_match_free)

namespace {

using gsttorch::FrameMapping;

GstBuffer* get_buffer(const GstStructure* s, const gchar* field) {
  const GValue* value = gst_structure_get_value(s, field);
  return value && G_VALUE_HOLDS(value, GST_TYPE_BUFFER) ? gst_value_get_buffer(value) : nullptr;
}

void set_matrix(GstStructure* s, const gdouble* matrix) {
  GValue array = G_VALUE_INIT;
  gst_value_array_init(&array, 9);
  for (int i = 0; i < 9; i++) {
    GValue number = G_VALUE_INIT;
    g_value_init(&number, G_TYPE_DOUBLE);
    g_value_set_double(&number, matrix[i]);
    gst_value_array_append_and_take_value(&array, &number);
  }
  gst_structure_take_value(s, "matrix", &array);
}

gboolean get_matrix(const GstStructure* s, gdouble* matrix) {
  const GValue* array = gst_structure_get_value(s, "matrix");
  if (!array || !GST_VALUE_HOLDS_ARRAY(array) || gst_value_array_get_size(array) != 9) return FALSE;
  for (guint i = 0; i < 9; i++) {
    const GValue* number = gst_value_array_get_value(array, i);
    if (!G_VALUE_HOLDS_DOUBLE(number)) return FALSE;
    matrix[i] = g_value_get_double(number);
  }
  return TRUE;
}

void set_region(GstStructure* s, const gchar* field, const guint* region) {
  GValue array = G_VALUE_INIT;
  gst_value_array_init(&array, 4);
  for (int i = 0; i < 4; i++) {
    GValue number = G_VALUE_INIT;
    g_value_init(&number, G_TYPE_UINT);
    g_value_set_uint(&number, region[i]);
    gst_value_array_append_and_take_value(&array, &number);
  }
  gst_structure_take_value(s, field, &array);
}

void get_region(const GstStructure* s, const gchar* field, guint* region) {
  const GValue* array = gst_structure_get_value(s, field);
  if (!array || !GST_VALUE_HOLDS_ARRAY(array) || gst_value_array_get_size(array) != 4) return;
  for (guint i = 0; i < 4; i++) {
    const GValue* number = gst_value_array_get_value(array, i);
    region[i] = G_VALUE_HOLDS_UINT(number) ? g_value_get_uint(number) : 0;
  }
}

void set_text(GstStructure* s, const gchar* field, const gchar* text) {
  if (text) gst_structure_set(s, field, G_TYPE_STRING, text, nullptr);
}

void write_structure(GstStructure* s, const GstTorchMatch& match) {
  gst_structure_set(s, "source", G_TYPE_STRING, match.source, "width", G_TYPE_UINT, match.width,
                    "height", G_TYPE_UINT, match.height, "reference-width", G_TYPE_UINT,
                    match.reference_width, "reference-height", G_TYPE_UINT, match.reference_height,
                    "reference-pts", G_TYPE_UINT64, match.reference_pts, "dt", G_TYPE_INT64,
                    match.dt, "count", G_TYPE_UINT, match.count, "mean-confidence", G_TYPE_DOUBLE,
                    match.mean_confidence, nullptr);
  set_text(s, "model", match.model);
  set_text(s, "reference", match.reference);
  set_text(s, "skipped", match.skipped);
  if (match.geometry) {
    set_text(s, "geometry", match.geometry);
    set_text(s, "verdict", match.verdict);
    gst_structure_set(s, "inliers", G_TYPE_UINT, match.inliers, "residual", G_TYPE_DOUBLE,
                      match.residual, nullptr);
  }
  if (match.has_matrix) set_matrix(s, match.matrix);
  if (match.passes > 0) {
    gst_structure_set(s, "passes", G_TYPE_UINT, match.passes, "working-size", G_TYPE_UINT,
                      match.working_size, nullptr);
    set_text(s, "overlap", match.overlap);
    set_region(s, "region", match.region);
    set_region(s, "reference-region", match.reference_region);
  }
  if (match.matches) gst_structure_set(s, "matches", GST_TYPE_BUFFER, match.matches, nullptr);
}

gboolean copy_match_meta(GstBuffer* to, GstTorchMatch match, GstBuffer* from) {
  if (!gsttorch::is_raw_frame(to, from, match.width, match.height)) match.matches = nullptr;
  return gst_buffer_add_torch_match_meta(to, &match) != nullptr;
}

gboolean map_match_meta(GstBuffer* to, const GstTorchMatch& match, const FrameMapping& mapping) {
  const auto mapped = gsttorch::map_match(match, mapping);
  return !mapped || gst_buffer_add_torch_match_meta(to, &mapped->match) != nullptr;
}

// Works like transform_flow_meta().
gboolean transform_match_meta(GstBuffer* to, GstCustomMeta* meta, GstBuffer* from, GQuark type,
                              gpointer data, gpointer) noexcept {
  GstTorchMatch match;
  if (!gst_torch_match_meta_read(meta, &match)) return TRUE;
  try {
    if (GST_META_TRANSFORM_IS_COPY(type)) {
      const bool is_part = static_cast<GstMetaTransformCopy*>(data)->region;
      return is_part ? TRUE : copy_match_meta(to, match, from);
    }
    if (!FrameMapping::is_known_by(type)) return FALSE;
    const auto mapping = FrameMapping::create(type, data);
    return mapping ? map_match_meta(to, match, *mapping) : TRUE;
  } catch (...) {
    return FALSE;
  }
}

}  // namespace

/**
 * gst_torch_match_new:
 * @source: name of the element that computed the result
 * @matches: (nullable) (transfer none): float32 [count, %GST_TORCH_MATCH_COLUMNS]
 *
 * Creates a result that owns its strings and its buffer, to be filled in and attached. `count` is
 * that of @matches, all other fields are zero, and the times are unknown.
 *
 * Returns: (transfer full): a new result, to be freed with gst_torch_match_free()
 */
GstTorchMatch* gst_torch_match_new(const gchar* source, GstBuffer* matches) {
  g_return_val_if_fail(source != nullptr, nullptr);
  auto* result = g_new0(GstTorchMatch, 1);
  result->source = g_strdup(source);
  result->reference_pts = GST_CLOCK_TIME_NONE;
  result->dt = GST_CLOCK_STIME_NONE;
  if (matches) {
    constexpr gsize kRowBytes = GST_TORCH_MATCH_COLUMNS * sizeof(gfloat);
    result->matches = gst_buffer_ref(matches);
    result->count = static_cast<guint>(gst_buffer_get_size(matches) / kRowBytes);
  }
  return result;
}

/**
 * gst_torch_match_copy:
 * @match: a result, which may borrow its strings and its buffer
 *
 * Returns: (transfer full): a result that owns its strings and its buffer, to be freed with
 *   gst_torch_match_free(). The buffer is shared, not copied
 */
GstTorchMatch* gst_torch_match_copy(const GstTorchMatch* match) {
  g_return_val_if_fail(match != nullptr, nullptr);
  auto* copy = g_new0(GstTorchMatch, 1);
  *copy = *match;
  copy->source = g_strdup(match->source);
  copy->model = g_strdup(match->model);
  copy->reference = g_strdup(match->reference);
  copy->geometry = g_strdup(match->geometry);
  copy->verdict = g_strdup(match->verdict);
  copy->skipped = g_strdup(match->skipped);
  copy->overlap = g_strdup(match->overlap);
  copy->matches = match->matches ? gst_buffer_ref(match->matches) : nullptr;
  return copy;
}

/**
 * gst_torch_match_free:
 * @match: (transfer full) (nullable): a result that a function of this library returned
 */
void gst_torch_match_free(GstTorchMatch* match) {
  if (!match) return;
  for (const gchar* text : {match->source, match->model, match->reference, match->geometry,
                            match->verdict, match->skipped, match->overlap}) {
    g_free(const_cast<gchar*>(text));
  }
  gst_clear_buffer(&match->matches);
  g_free(match);
}

/**
 * gst_torch_match_set_matrix:
 * @match: a result
 * @matrix: (nullable) (array fixed-size=9): the matrix, row by row, or %NULL for none
 *
 * Sets the matrix. Bindings cannot set the field.
 */
void gst_torch_match_set_matrix(GstTorchMatch* match, const gdouble* matrix) {
  g_return_if_fail(match != nullptr);
  match->has_matrix = matrix != nullptr;
  for (int i = 0; i < 9; i++) match->matrix[i] = matrix ? matrix[i] : 0;
}

/**
 * gst_torch_match_get_matches:
 * @match: a result
 *
 * Returns: (transfer full) (nullable): float32 [count, %GST_TORCH_MATCH_COLUMNS]; %NULL if there is
 *   no array
 */
GstBuffer* gst_torch_match_get_matches(const GstTorchMatch* match) {
  g_return_val_if_fail(match != nullptr, nullptr);
  return match->matches ? gst_buffer_ref(match->matches) : nullptr;
}

/**
 * gst_torch_match_meta_get_info: (skip)
 *
 * Returns: (transfer none): the `info` of every match meta
 */
const GstMetaInfo* gst_torch_match_meta_get_info(void) {
  static const GstMetaInfo* const info = [] {
    static const gchar* tags[] = {GST_META_TAG_VIDEO_STR, GST_META_TAG_VIDEO_SIZE_STR,
                                  GST_META_TAG_VIDEO_ORIENTATION_STR, nullptr};
    return gst_meta_register_custom(GST_TORCH_MATCH_META_NAME, tags, transform_match_meta, nullptr,
                                    nullptr);
  }();
  return info;
}

/**
 * gst_buffer_add_torch_match_meta:
 * @buffer: a writable buffer
 * @match: the result, with a `source`; its buffer is referenced, its strings copied
 *
 * Returns: (transfer none) (nullable): the new meta, owned by @buffer
 */
GstCustomMeta* gst_buffer_add_torch_match_meta(GstBuffer* buffer, const GstTorchMatch* match) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer), nullptr);
  g_return_val_if_fail(match && match->source, nullptr);
  gst_torch_match_meta_get_info();
  GstCustomMeta* meta = gst_buffer_add_custom_meta(buffer, GST_TORCH_MATCH_META_NAME);
  if (meta) write_structure(gst_custom_meta_get_structure(meta), *match);
  return meta;
}

/**
 * gst_buffer_iterate_torch_match_meta: (skip)
 * @buffer: a buffer
 * @state: (inout): the position; start with a pointer that is %NULL
 *
 * In bindings use gst_buffer_list_torch_matches().
 *
 * Returns: (transfer none) (nullable): the next match meta of @buffer, or %NULL after the last one
 */
GstCustomMeta* gst_buffer_iterate_torch_match_meta(GstBuffer* buffer, gpointer* state) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer), nullptr);
  const GstMetaInfo* info = gst_torch_match_meta_get_info();
  while (GstMeta* meta = gst_buffer_iterate_meta(buffer, state)) {
    if (meta->info == info) return reinterpret_cast<GstCustomMeta*>(meta);
  }
  return nullptr;
}

/**
 * gst_buffer_get_torch_match_meta:
 * @buffer: a buffer
 * @source: (nullable): name of the element that computed the result, or %NULL for the first result
 *
 * Returns: (transfer none) (nullable): the match meta
 */
GstCustomMeta* gst_buffer_get_torch_match_meta(GstBuffer* buffer, const gchar* source) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer), nullptr);
  gpointer state = nullptr;
  while (GstCustomMeta* meta = gst_buffer_iterate_torch_match_meta(buffer, &state)) {
    if (!source) return meta;
    const GstStructure* s = gst_custom_meta_get_structure(meta);
    if (g_strcmp0(gst_structure_get_string(s, "source"), source) == 0) return meta;
  }
  return nullptr;
}

/**
 * gst_torch_match_meta_read: (skip)
 * @meta: a meta named %GST_TORCH_MATCH_META_NAME
 * @match: (out caller-allocates): filled with pointers that are valid as long as @meta; all zero on
 *   failure
 *
 * In bindings use gst_buffer_get_torch_match() or gst_buffer_list_torch_matches().
 *
 * Returns: %FALSE if @meta is another meta or incomplete
 */
gboolean gst_torch_match_meta_read(GstCustomMeta* meta, GstTorchMatch* match) {
  g_return_val_if_fail(meta && match, FALSE);
  *match = GstTorchMatch{};
  if (!gst_custom_meta_has_name(meta, GST_TORCH_MATCH_META_NAME)) return FALSE;
  const GstStructure* s = gst_custom_meta_get_structure(meta);
  if (!gst_structure_get(s, "width", G_TYPE_UINT, &match->width, "height", G_TYPE_UINT,
                         &match->height, "reference-width", G_TYPE_UINT, &match->reference_width,
                         "reference-height", G_TYPE_UINT, &match->reference_height, "reference-pts",
                         G_TYPE_UINT64, &match->reference_pts, "dt", G_TYPE_INT64, &match->dt,
                         "count", G_TYPE_UINT, &match->count, "mean-confidence", G_TYPE_DOUBLE,
                         &match->mean_confidence, nullptr)) {
    *match = GstTorchMatch{};
    return FALSE;
  }
  gst_structure_get_uint(s, "inliers", &match->inliers);
  gst_structure_get_double(s, "residual", &match->residual);
  match->has_matrix = get_matrix(s, match->matrix);
  match->source = gst_structure_get_string(s, "source");
  match->model = gst_structure_get_string(s, "model");
  match->reference = gst_structure_get_string(s, "reference");
  match->geometry = gst_structure_get_string(s, "geometry");
  match->verdict = gst_structure_get_string(s, "verdict");
  match->skipped = gst_structure_get_string(s, "skipped");
  gst_structure_get_uint(s, "passes", &match->passes);
  gst_structure_get_uint(s, "working-size", &match->working_size);
  get_region(s, "region", match->region);
  get_region(s, "reference-region", match->reference_region);
  match->overlap = gst_structure_get_string(s, "overlap");
  match->matches = get_buffer(s, "matches");
  return TRUE;
}

/**
 * gst_buffer_get_torch_match:
 * @buffer: a buffer
 * @source: (nullable): name of the element that computed the result, or %NULL for the first result
 *
 * Returns: (transfer full) (nullable): a copy of the match result; %NULL if there is none, or none
 *   that can be read
 */
GstTorchMatch* gst_buffer_get_torch_match(GstBuffer* buffer, const gchar* source) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer), nullptr);
  gpointer state = nullptr;
  GstTorchMatch match;
  while (GstCustomMeta* meta = gst_buffer_iterate_torch_match_meta(buffer, &state)) {
    if (!gst_torch_match_meta_read(meta, &match)) continue;
    if (!source || g_strcmp0(match.source, source) == 0) return gst_torch_match_copy(&match);
  }
  return nullptr;
}

/**
 * gst_buffer_list_torch_matches:
 * @buffer: a buffer
 *
 * Returns: (transfer full) (element-type GstTorchMatch): copies of all match results on @buffer
 *   that can be read, in the order in which they were attached
 */
GList* gst_buffer_list_torch_matches(GstBuffer* buffer) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer), nullptr);
  GQueue matches = G_QUEUE_INIT;
  gpointer state = nullptr;
  GstTorchMatch match;
  while (GstCustomMeta* meta = gst_buffer_iterate_torch_match_meta(buffer, &state)) {
    if (gst_torch_match_meta_read(meta, &match)) {
      g_queue_push_tail(&matches, gst_torch_match_copy(&match));
    }
  }
  return matches.head;
}
