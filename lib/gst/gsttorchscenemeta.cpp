// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/gsttorchscenemeta.h"

#include <initializer_list>

#include "lib/gst/util/enum_nick.h"

using gsttorch::enum_nick;
using gsttorch::enum_value;

namespace {

void add_boundary(GstStructure* s, const GstTorchScene& scene) {
  gst_structure_set(s, "start-frame", G_TYPE_UINT64, scene.start_frame, "middle-frame",
                    G_TYPE_UINT64, scene.middle_frame, "end-frame", G_TYPE_UINT64, scene.end_frame,
                    "start-pts", G_TYPE_UINT64, scene.start_pts, "middle-pts", G_TYPE_UINT64,
                    scene.middle_pts, "end-pts", G_TYPE_UINT64, scene.end_pts, "confidence",
                    G_TYPE_DOUBLE, scene.confidence, nullptr);
}

bool read_boundary(const GstStructure* s, GstTorchScene& scene) {
  return gst_structure_get(s, "start-frame", G_TYPE_UINT64, &scene.start_frame, "middle-frame",
                           G_TYPE_UINT64, &scene.middle_frame, "end-frame", G_TYPE_UINT64,
                           &scene.end_frame, "start-pts", G_TYPE_UINT64, &scene.start_pts,
                           "middle-pts", G_TYPE_UINT64, &scene.middle_pts, "end-pts", G_TYPE_UINT64,
                           &scene.end_pts, "confidence", G_TYPE_DOUBLE, &scene.confidence, nullptr);
}

bool read_score(const GstStructure* s, GstTorchScene& scene) {
  return gst_structure_get(s, "score", G_TYPE_DOUBLE, &scene.score, "threshold", G_TYPE_DOUBLE,
                           &scene.threshold, "distance", G_TYPE_DOUBLE, &scene.distance,
                           "mean-luma", G_TYPE_DOUBLE, &scene.mean_luma, nullptr);
}

}  // namespace

G_DEFINE_BOXED_TYPE(GstTorchScene, gst_torch_scene, gst_torch_scene_copy, gst_torch_scene_free)

GType gst_torch_scene_boundary_get_type(void) {
  static const GType type = [] {
    static const GEnumValue values[] = {
        {GST_TORCH_SCENE_BOUNDARY_NONE, "The shot continues", "none"},
        {GST_TORCH_SCENE_BOUNDARY_CUT, "From one frame to the next", "cut"},
        {GST_TORCH_SCENE_BOUNDARY_DISSOLVE, "Gradually", "dissolve"},
        {GST_TORCH_SCENE_BOUNDARY_FADE, "By way of a plain colour", "fade"},
        {0, nullptr, nullptr}};
    return g_enum_register_static("GstTorchSceneBoundary", values);
  }();
  return type;
}

/**
 * gst_torch_scene_new:
 * @source: name of the element that computed it
 *
 * A result that owns its strings, to be filled in and attached. All other fields are zero, the
 * times unknown.
 *
 * Returns: (transfer full): a new result, for gst_torch_scene_free()
 */
GstTorchScene* gst_torch_scene_new(const gchar* source) {
  g_return_val_if_fail(source != nullptr, nullptr);
  auto* result = g_new0(GstTorchScene, 1);
  result->source = g_strdup(source);
  result->start_pts = result->middle_pts = result->end_pts = GST_CLOCK_TIME_NONE;
  return result;
}

/**
 * gst_torch_scene_copy:
 * @scene: a result, whether or not it owns its strings
 *
 * Returns: (transfer full): a result that owns its strings, for gst_torch_scene_free()
 */
GstTorchScene* gst_torch_scene_copy(const GstTorchScene* scene) {
  g_return_val_if_fail(scene != nullptr, nullptr);
  auto* copy = g_new0(GstTorchScene, 1);
  *copy = *scene;
  copy->source = g_strdup(scene->source);
  copy->model = g_strdup(scene->model);
  copy->skipped = g_strdup(scene->skipped);
  return copy;
}

/**
 * gst_torch_scene_free:
 * @scene: (transfer full) (nullable): a result that a function of this library returned
 */
void gst_torch_scene_free(GstTorchScene* scene) {
  if (!scene) return;
  for (const gchar* text : {scene->source, scene->model, scene->skipped}) {
    g_free(const_cast<gchar*>(text));
  }
  g_free(scene);
}

/**
 * gst_torch_scene_meta_get_info: (skip)
 *
 * Returns: (transfer none): what the `info` of every scene meta points to
 */
const GstMetaInfo* gst_torch_scene_meta_get_info(void) {
  static const GstMetaInfo* const info = [] {
    static const gchar* tags[] = {nullptr};
    return gst_meta_register_custom(GST_TORCH_SCENE_META_NAME, tags, nullptr, nullptr, nullptr);
  }();
  return info;
}

/**
 * gst_buffer_add_torch_scene_meta:
 * @buffer: a writable buffer
 * @scene: the result, with a `source`; its strings are copied
 *
 * Returns: (transfer none) (nullable): the new meta, owned by @buffer
 */
GstCustomMeta* gst_buffer_add_torch_scene_meta(GstBuffer* buffer, const GstTorchScene* scene) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer), nullptr);
  g_return_val_if_fail(scene && scene->source, nullptr);
  gst_torch_scene_meta_get_info();
  GstCustomMeta* meta = gst_buffer_add_custom_meta(buffer, GST_TORCH_SCENE_META_NAME);
  if (!meta) return nullptr;
  GstStructure* s = gst_custom_meta_get_structure(meta);
  gst_structure_set(s, "source", G_TYPE_STRING, scene->source, "frame", G_TYPE_UINT64, scene->frame,
                    "shot", G_TYPE_UINT, scene->shot, "boundary", G_TYPE_STRING,
                    enum_nick(GST_TYPE_TORCH_SCENE_BOUNDARY, scene->boundary), nullptr);
  if (scene->model) gst_structure_set(s, "model", G_TYPE_STRING, scene->model, nullptr);
  if (scene->skipped) {
    gst_structure_set(s, "skipped", G_TYPE_STRING, scene->skipped, nullptr);
  } else {
    gst_structure_set(s, "score", G_TYPE_DOUBLE, scene->score, "threshold", G_TYPE_DOUBLE,
                      scene->threshold, "distance", G_TYPE_DOUBLE, scene->distance, "mean-luma",
                      G_TYPE_DOUBLE, scene->mean_luma, nullptr);
  }
  if (scene->boundary != GST_TORCH_SCENE_BOUNDARY_NONE) add_boundary(s, *scene);
  return meta;
}

/**
 * gst_buffer_iterate_torch_scene_meta: (skip)
 * @buffer: a buffer
 * @state: (inout): a position; start with a pointer that is %NULL
 *
 * In bindings use gst_buffer_list_torch_scenes().
 *
 * Returns: (transfer none) (nullable): the next scene result on @buffer, %NULL after the last
 */
GstCustomMeta* gst_buffer_iterate_torch_scene_meta(GstBuffer* buffer, gpointer* state) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer), nullptr);
  const GstMetaInfo* info = gst_torch_scene_meta_get_info();
  while (GstMeta* meta = gst_buffer_iterate_meta(buffer, state)) {
    if (meta->info == info) return reinterpret_cast<GstCustomMeta*>(meta);
  }
  return nullptr;
}

/**
 * gst_buffer_get_torch_scene_meta:
 * @buffer: a buffer
 * @source: (nullable): name of the element that computed it, or %NULL for the first of any
 *
 * Returns: (transfer none) (nullable): the scene result
 */
GstCustomMeta* gst_buffer_get_torch_scene_meta(GstBuffer* buffer, const gchar* source) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer), nullptr);
  gpointer state = nullptr;
  while (GstCustomMeta* meta = gst_buffer_iterate_torch_scene_meta(buffer, &state)) {
    if (!source) return meta;
    const GstStructure* s = gst_custom_meta_get_structure(meta);
    if (g_strcmp0(gst_structure_get_string(s, "source"), source) == 0) return meta;
  }
  return nullptr;
}

/**
 * gst_torch_scene_meta_read: (skip)
 * @meta: a meta named %GST_TORCH_SCENE_META_NAME
 * @scene: (out caller-allocates): filled with pointers that are valid as long as @meta; all zero on
 *   failure
 *
 * In bindings use gst_buffer_get_torch_scene() or gst_buffer_list_torch_scenes().
 *
 * Returns: %FALSE where @meta holds something else
 */
gboolean gst_torch_scene_meta_read(GstCustomMeta* meta, GstTorchScene* scene) {
  g_return_val_if_fail(meta && scene, FALSE);
  *scene = GstTorchScene{};
  if (!gst_custom_meta_has_name(meta, GST_TORCH_SCENE_META_NAME)) return FALSE;
  const GstStructure* s = gst_custom_meta_get_structure(meta);
  GstTorchScene read = {};
  read.start_pts = read.middle_pts = read.end_pts = GST_CLOCK_TIME_NONE;
  read.source = gst_structure_get_string(s, "source");
  read.model = gst_structure_get_string(s, "model");
  read.skipped = gst_structure_get_string(s, "skipped");
  read.boundary = static_cast<GstTorchSceneBoundary>(
      enum_value(GST_TYPE_TORCH_SCENE_BOUNDARY, gst_structure_get_string(s, "boundary")));
  if (!gst_structure_get(s, "frame", G_TYPE_UINT64, &read.frame, "shot", G_TYPE_UINT, &read.shot,
                         nullptr)) {
    return FALSE;
  }
  if (!read.skipped && !read_score(s, read)) return FALSE;
  if (read.boundary != GST_TORCH_SCENE_BOUNDARY_NONE && !read_boundary(s, read)) return FALSE;
  *scene = read;
  return TRUE;
}

/**
 * gst_buffer_get_torch_scene:
 * @buffer: a buffer
 * @source: (nullable): name of the element that computed it, or %NULL for the first of any
 *
 * Returns: (transfer full) (nullable): the scene result, which owns what it holds; %NULL where
 *   there is none, or none that can be read
 */
GstTorchScene* gst_buffer_get_torch_scene(GstBuffer* buffer, const gchar* source) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer), nullptr);
  gpointer state = nullptr;
  GstTorchScene scene;
  while (GstCustomMeta* meta = gst_buffer_iterate_torch_scene_meta(buffer, &state)) {
    if (!gst_torch_scene_meta_read(meta, &scene)) continue;
    if (!source || g_strcmp0(scene.source, source) == 0) return gst_torch_scene_copy(&scene);
  }
  return nullptr;
}

/**
 * gst_buffer_list_torch_scenes:
 * @buffer: a buffer
 *
 * A frame with which more than one boundary is known has a result for each.
 *
 * Returns: (transfer full) (element-type GstTorchScene): all scene results on @buffer that can be
 *   read, in the order in which they were attached; each owns what it holds
 */
GList* gst_buffer_list_torch_scenes(GstBuffer* buffer) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer), nullptr);
  GQueue scenes = G_QUEUE_INIT;
  gpointer state = nullptr;
  GstTorchScene scene;
  while (GstCustomMeta* meta = gst_buffer_iterate_torch_scene_meta(buffer, &state)) {
    if (gst_torch_scene_meta_read(meta, &scene)) {
      g_queue_push_tail(&scenes, gst_torch_scene_copy(&scene));
    }
  }
  return scenes.head;
}
