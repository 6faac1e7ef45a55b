// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/gsttorchshotmeta.h"

#include <initializer_list>

#include "lib/gst/util/enum_nick.h"

using gsttorch::enum_nick;
using gsttorch::enum_value;

namespace {

void add_boundary(GstStructure* s, const GstTorchShot& shot) {
  gst_structure_set(s, "start-frame", G_TYPE_UINT64, shot.start_frame, "middle-frame",
                    G_TYPE_UINT64, shot.middle_frame, "end-frame", G_TYPE_UINT64, shot.end_frame,
                    "start-pts", G_TYPE_UINT64, shot.start_pts, "middle-pts", G_TYPE_UINT64,
                    shot.middle_pts, "end-pts", G_TYPE_UINT64, shot.end_pts, "confidence",
                    G_TYPE_DOUBLE, shot.confidence, nullptr);
}

bool read_boundary(const GstStructure* s, GstTorchShot& shot) {
  return gst_structure_get(s, "start-frame", G_TYPE_UINT64, &shot.start_frame, "middle-frame",
                           G_TYPE_UINT64, &shot.middle_frame, "end-frame", G_TYPE_UINT64,
                           &shot.end_frame, "start-pts", G_TYPE_UINT64, &shot.start_pts,
                           "middle-pts", G_TYPE_UINT64, &shot.middle_pts, "end-pts", G_TYPE_UINT64,
                           &shot.end_pts, "confidence", G_TYPE_DOUBLE, &shot.confidence, nullptr);
}

bool read_score(const GstStructure* s, GstTorchShot& shot) {
  return gst_structure_get(s, "score", G_TYPE_DOUBLE, &shot.score, "threshold", G_TYPE_DOUBLE,
                           &shot.threshold, "distance", G_TYPE_DOUBLE, &shot.distance, "mean-luma",
                           G_TYPE_DOUBLE, &shot.mean_luma, nullptr);
}

}  // namespace

G_DEFINE_BOXED_TYPE(GstTorchShot, gst_torch_shot, gst_torch_shot_copy, gst_torch_shot_free)

GType gst_torch_shot_boundary_get_type(void) {
  static const GType type = [] {
    static const GEnumValue values[] = {
        {GST_TORCH_SHOT_BOUNDARY_NONE, "No boundary", "none"},
        {GST_TORCH_SHOT_BOUNDARY_CUT, "Change from one frame to the next", "cut"},
        {GST_TORCH_SHOT_BOUNDARY_DISSOLVE, "Gradual change", "dissolve"},
        {GST_TORCH_SHOT_BOUNDARY_FADE, "Gradual change through a plain colour", "fade"},
        {0, nullptr, nullptr}};
    return g_enum_register_static("GstTorchShotBoundary", values);
  }();
  return type;
}

/**
 * gst_torch_shot_new:
 * @source: name of the element that computed the result
 *
 * Creates a result that owns its strings, to be filled in and attached. All other fields are zero,
 * and the times are unknown.
 *
 * Returns: (transfer full): a new result, to be freed with gst_torch_shot_free()
 */
GstTorchShot* gst_torch_shot_new(const gchar* source) {
  g_return_val_if_fail(source != nullptr, nullptr);
  auto* result = g_new0(GstTorchShot, 1);
  result->source = g_strdup(source);
  result->start_pts = result->middle_pts = result->end_pts = GST_CLOCK_TIME_NONE;
  return result;
}

/**
 * gst_torch_shot_copy:
 * @shot: a result, which may borrow its strings
 *
 * Returns: (transfer full): a result that owns its strings, to be freed with gst_torch_shot_free()
 */
GstTorchShot* gst_torch_shot_copy(const GstTorchShot* shot) {
  g_return_val_if_fail(shot != nullptr, nullptr);
  auto* copy = g_new0(GstTorchShot, 1);
  *copy = *shot;
  copy->source = g_strdup(shot->source);
  copy->model = g_strdup(shot->model);
  copy->skipped = g_strdup(shot->skipped);
  return copy;
}

/**
 * gst_torch_shot_free:
 * @shot: (transfer full) (nullable): a result that a function of this library returned
 */
void gst_torch_shot_free(GstTorchShot* shot) {
  if (!shot) return;
  for (const gchar* text : {shot->source, shot->model, shot->skipped}) {
    g_free(const_cast<gchar*>(text));
  }
  g_free(shot);
}

/**
 * gst_torch_shot_meta_get_info: (skip)
 *
 * Returns: (transfer none): the `info` of every shot meta
 */
const GstMetaInfo* gst_torch_shot_meta_get_info(void) {
  static const GstMetaInfo* const info = [] {
    static const gchar* tags[] = {nullptr};
    return gst_meta_register_custom(GST_TORCH_SHOT_META_NAME, tags, nullptr, nullptr, nullptr);
  }();
  return info;
}

/**
 * gst_buffer_add_torch_shot_meta:
 * @buffer: a writable buffer
 * @shot: the result, with a `source`; its strings are copied
 *
 * Returns: (transfer none) (nullable): the new meta, owned by @buffer
 */
GstCustomMeta* gst_buffer_add_torch_shot_meta(GstBuffer* buffer, const GstTorchShot* shot) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer), nullptr);
  g_return_val_if_fail(shot && shot->source, nullptr);
  gst_torch_shot_meta_get_info();
  GstCustomMeta* meta = gst_buffer_add_custom_meta(buffer, GST_TORCH_SHOT_META_NAME);
  if (!meta) return nullptr;
  GstStructure* s = gst_custom_meta_get_structure(meta);
  gst_structure_set(s, "source", G_TYPE_STRING, shot->source, "frame", G_TYPE_UINT64, shot->frame,
                    "shot", G_TYPE_UINT, shot->shot, "boundary", G_TYPE_STRING,
                    enum_nick(GST_TYPE_TORCH_SHOT_BOUNDARY, shot->boundary), nullptr);
  if (shot->model) gst_structure_set(s, "model", G_TYPE_STRING, shot->model, nullptr);
  if (shot->skipped) {
    gst_structure_set(s, "skipped", G_TYPE_STRING, shot->skipped, nullptr);
  } else {
    gst_structure_set(s, "score", G_TYPE_DOUBLE, shot->score, "threshold", G_TYPE_DOUBLE,
                      shot->threshold, "distance", G_TYPE_DOUBLE, shot->distance, "mean-luma",
                      G_TYPE_DOUBLE, shot->mean_luma, nullptr);
  }
  if (shot->boundary != GST_TORCH_SHOT_BOUNDARY_NONE) add_boundary(s, *shot);
  return meta;
}

/**
 * gst_buffer_iterate_torch_shot_meta: (skip)
 * @buffer: a buffer
 * @state: (inout): the position; start with a pointer that is %NULL
 *
 * In bindings use gst_buffer_list_torch_shots().
 *
 * Returns: (transfer none) (nullable): the next shot meta of @buffer, or %NULL after the last one
 */
GstCustomMeta* gst_buffer_iterate_torch_shot_meta(GstBuffer* buffer, gpointer* state) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer), nullptr);
  const GstMetaInfo* info = gst_torch_shot_meta_get_info();
  while (GstMeta* meta = gst_buffer_iterate_meta(buffer, state)) {
    if (meta->info == info) return reinterpret_cast<GstCustomMeta*>(meta);
  }
  return nullptr;
}

/**
 * gst_buffer_get_torch_shot_meta:
 * @buffer: a buffer
 * @source: (nullable): name of the element that computed the result, or %NULL for the first result
 *
 * Returns: (transfer none) (nullable): the shot meta
 */
GstCustomMeta* gst_buffer_get_torch_shot_meta(GstBuffer* buffer, const gchar* source) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer), nullptr);
  gpointer state = nullptr;
  while (GstCustomMeta* meta = gst_buffer_iterate_torch_shot_meta(buffer, &state)) {
    if (!source) return meta;
    const GstStructure* s = gst_custom_meta_get_structure(meta);
    if (g_strcmp0(gst_structure_get_string(s, "source"), source) == 0) return meta;
  }
  return nullptr;
}

/**
 * gst_torch_shot_meta_read: (skip)
 * @meta: a meta named %GST_TORCH_SHOT_META_NAME
 * @shot: (out caller-allocates): filled with pointers that are valid as long as @meta; all zero on
 *   failure
 *
 * In bindings use gst_buffer_get_torch_shot() or gst_buffer_list_torch_shots().
 *
 * Returns: %FALSE if @meta is another meta or incomplete
 */
gboolean gst_torch_shot_meta_read(GstCustomMeta* meta, GstTorchShot* shot) {
  g_return_val_if_fail(meta && shot, FALSE);
  *shot = GstTorchShot{};
  if (!gst_custom_meta_has_name(meta, GST_TORCH_SHOT_META_NAME)) return FALSE;
  const GstStructure* s = gst_custom_meta_get_structure(meta);
  GstTorchShot read = {};
  read.start_pts = read.middle_pts = read.end_pts = GST_CLOCK_TIME_NONE;
  read.source = gst_structure_get_string(s, "source");
  read.model = gst_structure_get_string(s, "model");
  read.skipped = gst_structure_get_string(s, "skipped");
  read.boundary = static_cast<GstTorchShotBoundary>(
      enum_value(GST_TYPE_TORCH_SHOT_BOUNDARY, gst_structure_get_string(s, "boundary")));
  if (!gst_structure_get(s, "frame", G_TYPE_UINT64, &read.frame, "shot", G_TYPE_UINT, &read.shot,
                         nullptr)) {
    return FALSE;
  }
  if (!read.skipped && !read_score(s, read)) return FALSE;
  if (read.boundary != GST_TORCH_SHOT_BOUNDARY_NONE && !read_boundary(s, read)) return FALSE;
  *shot = read;
  return TRUE;
}

/**
 * gst_buffer_get_torch_shot:
 * @buffer: a buffer
 * @source: (nullable): name of the element that computed the result, or %NULL for the first result
 *
 * Returns: (transfer full) (nullable): a copy of the shot result; %NULL if there is none, or none
 *   that can be read
 */
GstTorchShot* gst_buffer_get_torch_shot(GstBuffer* buffer, const gchar* source) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer), nullptr);
  gpointer state = nullptr;
  GstTorchShot shot;
  while (GstCustomMeta* meta = gst_buffer_iterate_torch_shot_meta(buffer, &state)) {
    if (!gst_torch_shot_meta_read(meta, &shot)) continue;
    if (!source || g_strcmp0(shot.source, source) == 0) return gst_torch_shot_copy(&shot);
  }
  return nullptr;
}

/**
 * gst_buffer_list_torch_shots:
 * @buffer: a buffer
 *
 * If a frame carries more than one boundary, it has a result for each.
 *
 * Returns: (transfer full) (element-type GstTorchShot): copies of all shot results on @buffer that
 *   can be read, in the order in which they were attached
 */
GList* gst_buffer_list_torch_shots(GstBuffer* buffer) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer), nullptr);
  GQueue shots = G_QUEUE_INIT;
  gpointer state = nullptr;
  GstTorchShot shot;
  while (GstCustomMeta* meta = gst_buffer_iterate_torch_shot_meta(buffer, &state)) {
    if (gst_torch_shot_meta_read(meta, &shot)) {
      g_queue_push_tail(&shots, gst_torch_shot_copy(&shot));
    }
  }
  return shots.head;
}
