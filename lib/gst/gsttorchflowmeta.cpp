// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/gsttorchflowmeta.h"

#include <gst/video/gstvideometa.h>

namespace {

const gchar* enum_nick(GType type, gint value) {
  auto* enum_class = static_cast<GEnumClass*>(g_type_class_ref(type));
  const GEnumValue* entry = g_enum_get_value(enum_class, value);
  g_type_class_unref(enum_class);  // registered types stay: the nick does too
  return entry ? entry->value_nick : "";
}

gint enum_value(GType type, const gchar* nick) {
  auto* enum_class = static_cast<GEnumClass*>(g_type_class_ref(type));
  const GEnumValue* entry = nick ? g_enum_get_value_by_nick(enum_class, nick) : nullptr;
  const gint value = entry ? entry->value : 0;
  g_type_class_unref(enum_class);
  return value;
}

void scale_frame_size(GstStructure* s, const GstVideoMetaTransform* scale) {
  const gint width = GST_VIDEO_INFO_WIDTH(scale->out_info);
  const gint height = GST_VIDEO_INFO_HEIGHT(scale->out_info);
  guint old_width = 0;
  gdouble mean = 0, max = 0;
  if (gst_structure_get_uint(s, "width", &old_width) && old_width > 0 &&
      gst_structure_get_double(s, "mean-magnitude", &mean) &&
      gst_structure_get_double(s, "max-magnitude", &max)) {
    const gdouble factor = static_cast<gdouble>(width) / old_width;
    gst_structure_set(s, "mean-magnitude", G_TYPE_DOUBLE, mean * factor, "max-magnitude",
                      G_TYPE_DOUBLE, max * factor, nullptr);
  }
  gst_structure_set(s, "width", G_TYPE_UINT, static_cast<guint>(width), "height", G_TYPE_UINT,
                    static_cast<guint>(height), nullptr);
}

// Plain copies of the whole picture keep the result, scaling changes its coordinate frame,
// anything else (a region, a rotation) would leave coordinates that point nowhere.
gboolean transform_flow_meta(GstBuffer* to, GstCustomMeta* meta, GstBuffer* from, GQuark type,
                             gpointer data, gpointer user_data) {
  const bool scale = GST_VIDEO_META_TRANSFORM_IS_SCALE(type);
  if (GST_META_TRANSFORM_IS_COPY(type)) {
    if (static_cast<GstMetaTransformCopy*>(data)->region) return FALSE;
  } else if (!scale) {
    return FALSE;
  }
  GstCustomMeta* copy = gst_buffer_add_custom_meta(to, GST_TORCH_FLOW_META_NAME);
  if (!copy) return FALSE;
  GstStructure* s = gst_custom_meta_get_structure(copy);
  gst_structure_foreach(
      gst_custom_meta_get_structure(meta),
      [](GQuark field, const GValue* value, gpointer target) -> gboolean {
        gst_structure_id_set_value(static_cast<GstStructure*>(target), field, value);
        return TRUE;
      },
      s);
  if (scale) scale_frame_size(s, static_cast<GstVideoMetaTransform*>(data));
  return TRUE;
}

const GstMetaInfo* flow_meta_info() {
  static const GstMetaInfo* const info = [] {
    static const gchar* tags[] = {GST_META_TAG_VIDEO_STR, GST_META_TAG_VIDEO_SIZE_STR, nullptr};
    return gst_meta_register_custom(GST_TORCH_FLOW_META_NAME, tags, transform_flow_meta, nullptr,
                                    nullptr);
  }();
  return info;
}

GstBuffer* get_buffer(const GstStructure* s, const gchar* field) {
  const GValue* value = gst_structure_get_value(s, field);
  return value && G_VALUE_HOLDS(value, GST_TYPE_BUFFER) ? gst_value_get_buffer(value) : nullptr;
}

}  // namespace

GType gst_torch_flow_direction_get_type(void) {
  static const GType type = [] {
    static const GEnumValue values[] = {
        {GST_TORCH_FLOW_FORWARD, "From the earlier frame to the later, on the earlier's grid",
         "forward"},
        {GST_TORCH_FLOW_BACKWARD, "From the later frame to the earlier, on the later's grid",
         "backward"},
        {GST_TORCH_FLOW_BOTH, "Both, with forward-backward consistency as confidence", "both"},
        {0, nullptr, nullptr}};
    return g_enum_register_static("GstTorchFlowDirection", values);
  }();
  return type;
}

GType gst_torch_flow_format_get_type(void) {
  static const GType type = [] {
    static const GEnumValue values[] = {{GST_TORCH_FLOW_FORMAT_F32, "32-bit floating point", "f32"},
                                        {GST_TORCH_FLOW_FORMAT_F16, "16-bit floating point", "f16"},
                                        {0, nullptr, nullptr}};
    return g_enum_register_static("GstTorchFlowFormat", values);
  }();
  return type;
}

/**
 * gst_buffer_add_torch_flow_meta:
 * @buffer: a writable buffer
 * @flow: the result; its buffers are referenced, its strings copied
 *
 * Returns: (transfer none) (nullable): the new meta, owned by @buffer
 */
GstCustomMeta* gst_buffer_add_torch_flow_meta(GstBuffer* buffer, const GstTorchFlow* flow) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer), nullptr);
  g_return_val_if_fail(flow && flow->source, nullptr);
  flow_meta_info();
  GstCustomMeta* meta = gst_buffer_add_custom_meta(buffer, GST_TORCH_FLOW_META_NAME);
  if (!meta) return nullptr;
  GstStructure* s = gst_custom_meta_get_structure(meta);
  gst_structure_set(s, "source", G_TYPE_STRING, flow->source, "width", G_TYPE_UINT, flow->width,
                    "height", G_TYPE_UINT, flow->height, "grid-width", G_TYPE_UINT,
                    flow->grid_width, "grid-height", G_TYPE_UINT, flow->grid_height, "direction",
                    G_TYPE_STRING, enum_nick(GST_TYPE_TORCH_FLOW_DIRECTION, flow->direction),
                    "format", G_TYPE_STRING, enum_nick(GST_TYPE_TORCH_FLOW_FORMAT, flow->format),
                    "reference-pts", G_TYPE_UINT64, flow->reference_pts, "dt", G_TYPE_INT64,
                    flow->dt, "iterations", G_TYPE_UINT, flow->iterations, "mean-magnitude",
                    G_TYPE_DOUBLE, flow->mean_magnitude, "max-magnitude", G_TYPE_DOUBLE,
                    flow->max_magnitude, nullptr);
  if (flow->model) gst_structure_set(s, "model", G_TYPE_STRING, flow->model, nullptr);
  if (flow->skipped) gst_structure_set(s, "skipped", G_TYPE_STRING, flow->skipped, nullptr);
  if (flow->flow) gst_structure_set(s, "flow", GST_TYPE_BUFFER, flow->flow, nullptr);
  if (flow->backward_flow) {
    gst_structure_set(s, "backward-flow", GST_TYPE_BUFFER, flow->backward_flow, nullptr);
  }
  if (flow->confidence) {
    gst_structure_set(s, "confidence", GST_TYPE_BUFFER, flow->confidence, nullptr);
  }
  return meta;
}

/**
 * gst_buffer_iterate_torch_flow_meta:
 * @buffer: a buffer
 * @state: (inout): a position; start with a pointer that is %NULL
 *
 * Returns: (transfer none) (nullable): the next flow result on @buffer, %NULL after the last
 */
GstCustomMeta* gst_buffer_iterate_torch_flow_meta(GstBuffer* buffer, gpointer* state) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer), nullptr);
  const GstMetaInfo* info = flow_meta_info();
  while (GstMeta* meta = gst_buffer_iterate_meta(buffer, state)) {
    if (meta->info == info) return reinterpret_cast<GstCustomMeta*>(meta);
  }
  return nullptr;
}

/**
 * gst_buffer_get_torch_flow_meta:
 * @buffer: a buffer
 * @source: (nullable): name of the element that computed it, or %NULL for the first of any
 *
 * Returns: (transfer none) (nullable): the flow result
 */
GstCustomMeta* gst_buffer_get_torch_flow_meta(GstBuffer* buffer, const gchar* source) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer), nullptr);
  gpointer state = nullptr;
  while (GstCustomMeta* meta = gst_buffer_iterate_torch_flow_meta(buffer, &state)) {
    if (!source) return meta;
    const GstStructure* s = gst_custom_meta_get_structure(meta);
    if (g_strcmp0(gst_structure_get_string(s, "source"), source) == 0) return meta;
  }
  return nullptr;
}

/**
 * gst_torch_flow_meta_read:
 * @meta: a meta named %GST_TORCH_FLOW_META_NAME
 * @flow: (out caller-allocates): filled with borrowed pointers
 *
 * Returns: %FALSE where @meta holds something else
 */
gboolean gst_torch_flow_meta_read(GstCustomMeta* meta, GstTorchFlow* flow) {
  g_return_val_if_fail(meta && flow, FALSE);
  *flow = GstTorchFlow{};
  if (!gst_custom_meta_has_name(meta, GST_TORCH_FLOW_META_NAME)) return FALSE;
  const GstStructure* s = gst_custom_meta_get_structure(meta);
  if (!gst_structure_get(
          s, "width", G_TYPE_UINT, &flow->width, "height", G_TYPE_UINT, &flow->height, "grid-width",
          G_TYPE_UINT, &flow->grid_width, "grid-height", G_TYPE_UINT, &flow->grid_height,
          "reference-pts", G_TYPE_UINT64, &flow->reference_pts, "dt", G_TYPE_INT64, &flow->dt,
          "iterations", G_TYPE_UINT, &flow->iterations, "mean-magnitude", G_TYPE_DOUBLE,
          &flow->mean_magnitude, "max-magnitude", G_TYPE_DOUBLE, &flow->max_magnitude, nullptr)) {
    return FALSE;
  }
  flow->direction = static_cast<GstTorchFlowDirection>(
      enum_value(GST_TYPE_TORCH_FLOW_DIRECTION, gst_structure_get_string(s, "direction")));
  flow->format = static_cast<GstTorchFlowFormat>(
      enum_value(GST_TYPE_TORCH_FLOW_FORMAT, gst_structure_get_string(s, "format")));
  flow->source = gst_structure_get_string(s, "source");
  flow->model = gst_structure_get_string(s, "model");
  flow->skipped = gst_structure_get_string(s, "skipped");
  flow->flow = get_buffer(s, "flow");
  flow->backward_flow = get_buffer(s, "backward-flow");
  flow->confidence = get_buffer(s, "confidence");
  return TRUE;
}
