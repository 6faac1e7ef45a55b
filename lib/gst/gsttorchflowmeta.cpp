// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/gsttorchflowmeta.h"

#include <limits>

#include "lib/gst/flow_mapping.h"
#include "lib/gst/raw_frame.h"
#include "lib/gst/util/enum_nick.h"

namespace {

using gsttorch::enum_nick;
using gsttorch::enum_value;
using gsttorch::FrameMapping;

GstBuffer* get_buffer(const GstStructure* s, const gchar* field) {
  const GValue* value = gst_structure_get_value(s, field);
  return value && G_VALUE_HOLDS(value, GST_TYPE_BUFFER) ? gst_value_get_buffer(value) : nullptr;
}

gboolean attach(GstBuffer* to, GstStructure* fields) {
  GstCustomMeta* meta = gst_buffer_add_custom_meta(to, GST_TORCH_FLOW_META_NAME);
  if (!meta) return FALSE;
  gst_structure_foreach(
      fields,
      [](GQuark field, const GValue* value, gpointer target) -> gboolean {
        gst_structure_id_set_value(static_cast<GstStructure*>(target), field, value);
        return TRUE;
      },
      gst_custom_meta_get_structure(meta));
  return TRUE;
}

gboolean copy_flow_meta(GstBuffer* to, const GstStructure* fields, GstBuffer* from) {
  guint width = 0, height = 0;
  gst_structure_get(fields, "width", G_TYPE_UINT, &width, "height", G_TYPE_UINT, &height, nullptr);
  g_autoptr(GstStructure) copy = gst_structure_copy(fields);
  if (!gsttorch::is_raw_frame(to, from, width, height)) {
    gst_structure_remove_fields(copy, "flow", "backward-flow", "confidence", nullptr);
  }
  return attach(to, copy);
}

gboolean map_flow_meta(GstBuffer* to, const GstStructure* fields, const FrameMapping& mapping) {
  g_autoptr(GstStructure) copy = gst_structure_copy(fields);
  return gsttorch::map_flow(copy, mapping) ? attach(to, copy) : TRUE;
}

// A copy of the whole frame keeps the result, and a transform with a known mapping of pixels
// changes it. Anything else drops it, because its coordinates would be wrong. That returns TRUE as
// well: GStreamer takes FALSE for an error, or calls this again with less information.
gboolean transform_flow_meta(GstBuffer* to, GstCustomMeta* meta, GstBuffer* from, GQuark type,
                             gpointer data, gpointer) noexcept {
  const GstStructure* fields = gst_custom_meta_get_structure(meta);
  try {
    if (GST_META_TRANSFORM_IS_COPY(type)) {
      const bool is_part = static_cast<GstMetaTransformCopy*>(data)->region;
      return is_part ? TRUE : copy_flow_meta(to, fields, from);
    }
    if (!FrameMapping::is_known_by(type)) return FALSE;
    const auto mapping = FrameMapping::create(type, data);
    return mapping ? map_flow_meta(to, fields, *mapping) : TRUE;
  } catch (...) {
    return FALSE;
  }
}

}  // namespace

/**
 * gst_torch_flow_meta_get_info: (skip)
 *
 * Returns: (transfer none): the `info` of every flow meta
 */
const GstMetaInfo* gst_torch_flow_meta_get_info(void) {
  static const GstMetaInfo* const info = [] {
    static const gchar* tags[] = {GST_META_TAG_VIDEO_STR, GST_META_TAG_VIDEO_SIZE_STR,
                                  GST_META_TAG_VIDEO_ORIENTATION_STR, nullptr};
    return gst_meta_register_custom(GST_TORCH_FLOW_META_NAME, tags, transform_flow_meta, nullptr,
                                    nullptr);
  }();
  return info;
}

/**
 * gst_buffer_add_torch_flow_meta:
 * @buffer: a writable buffer
 * @flow: the result, with a `source`; its buffers are referenced, its strings copied
 *
 * Returns: (transfer none) (nullable): the new meta, owned by @buffer
 */
GstCustomMeta* gst_buffer_add_torch_flow_meta(GstBuffer* buffer, const GstTorchFlow* flow) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer), nullptr);
  g_return_val_if_fail(flow && flow->source, nullptr);
  gst_torch_flow_meta_get_info();
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
                    flow->max_magnitude, "mean-x", G_TYPE_DOUBLE, flow->mean_x, "mean-y",
                    G_TYPE_DOUBLE, flow->mean_y, nullptr);
  if (flow->model) gst_structure_set(s, "model", G_TYPE_STRING, flow->model, nullptr);
  if (flow->flat) gst_structure_set(s, "flat", G_TYPE_BOOLEAN, TRUE, nullptr);
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
 * gst_buffer_iterate_torch_flow_meta: (skip)
 * @buffer: a buffer
 * @state: (inout): the position; start with a pointer that is %NULL
 *
 * In bindings use gst_buffer_list_torch_flows().
 *
 * Returns: (transfer none) (nullable): the next flow meta of @buffer, or %NULL after the last one
 */
GstCustomMeta* gst_buffer_iterate_torch_flow_meta(GstBuffer* buffer, gpointer* state) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer), nullptr);
  const GstMetaInfo* info = gst_torch_flow_meta_get_info();
  while (GstMeta* meta = gst_buffer_iterate_meta(buffer, state)) {
    if (meta->info == info) return reinterpret_cast<GstCustomMeta*>(meta);
  }
  return nullptr;
}

/**
 * gst_buffer_get_torch_flow_meta:
 * @buffer: a buffer
 * @source: (nullable): name of the element that computed the result, or %NULL for the first result
 *
 * Returns: (transfer none) (nullable): the flow meta
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
 * gst_torch_flow_meta_read: (skip)
 * @meta: a meta named %GST_TORCH_FLOW_META_NAME
 * @flow: (out caller-allocates): filled with pointers that are valid as long as @meta; all zero on
 *   failure
 *
 * In bindings use gst_buffer_get_torch_flow().
 *
 * Returns: %FALSE if @meta is another meta or incomplete
 */
gboolean gst_torch_flow_meta_read(GstCustomMeta* meta, GstTorchFlow* flow) {
  g_return_val_if_fail(meta && flow, FALSE);
  *flow = GstTorchFlow{};
  if (!gst_custom_meta_has_name(meta, GST_TORCH_FLOW_META_NAME)) return FALSE;
  const GstStructure* s = gst_custom_meta_get_structure(meta);
  GstTorchFlow read = {};
  if (!gst_structure_get(s, "width", G_TYPE_UINT, &read.width, "height", G_TYPE_UINT, &read.height,
                         "grid-width", G_TYPE_UINT, &read.grid_width, "grid-height", G_TYPE_UINT,
                         &read.grid_height, "reference-pts", G_TYPE_UINT64, &read.reference_pts,
                         "dt", G_TYPE_INT64, &read.dt, "iterations", G_TYPE_UINT, &read.iterations,
                         "mean-magnitude", G_TYPE_DOUBLE, &read.mean_magnitude, "max-magnitude",
                         G_TYPE_DOUBLE, &read.max_magnitude, nullptr)) {
    return FALSE;
  }
  // Other programs that attach this meta may omit these fields.
  if (!gst_structure_get(s, "mean-x", G_TYPE_DOUBLE, &read.mean_x, "mean-y", G_TYPE_DOUBLE,
                         &read.mean_y, nullptr)) {
    read.mean_x = read.mean_y = std::numeric_limits<gdouble>::quiet_NaN();
  }
  read.direction = static_cast<GstTorchFlowDirection>(
      enum_value(GST_TYPE_TORCH_FLOW_DIRECTION, gst_structure_get_string(s, "direction")));
  read.format = static_cast<GstTorchFlowFormat>(
      enum_value(GST_TYPE_TORCH_FLOW_FORMAT, gst_structure_get_string(s, "format")));
  read.source = gst_structure_get_string(s, "source");
  read.model = gst_structure_get_string(s, "model");
  gst_structure_get_boolean(s, "flat", &read.flat);
  read.skipped = gst_structure_get_string(s, "skipped");
  read.flow = get_buffer(s, "flow");
  read.backward_flow = get_buffer(s, "backward-flow");
  read.confidence = get_buffer(s, "confidence");
  *flow = read;
  return TRUE;
}

/**
 * gst_buffer_get_torch_flow:
 * @buffer: a buffer
 * @source: (nullable): name of the element that computed the result, or %NULL for the first result
 *
 * Returns: (transfer full) (nullable): a copy of the flow result; %NULL if there is none, or none
 *   that can be read
 */
GstTorchFlow* gst_buffer_get_torch_flow(GstBuffer* buffer, const gchar* source) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer), nullptr);
  gpointer state = nullptr;
  GstTorchFlow flow;
  while (GstCustomMeta* meta = gst_buffer_iterate_torch_flow_meta(buffer, &state)) {
    if (!gst_torch_flow_meta_read(meta, &flow)) continue;
    if (!source || g_strcmp0(flow.source, source) == 0) return gst_torch_flow_copy(&flow);
  }
  return nullptr;
}

/**
 * gst_buffer_list_torch_flows:
 * @buffer: a buffer
 *
 * Returns: (transfer full) (element-type GstTorchFlow): copies of all flow results on @buffer that
 *   can be read, in the order in which they were attached
 */
GList* gst_buffer_list_torch_flows(GstBuffer* buffer) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer), nullptr);
  GQueue flows = G_QUEUE_INIT;
  gpointer state = nullptr;
  GstTorchFlow flow;
  while (GstCustomMeta* meta = gst_buffer_iterate_torch_flow_meta(buffer, &state)) {
    if (gst_torch_flow_meta_read(meta, &flow)) {
      g_queue_push_tail(&flows, gst_torch_flow_copy(&flow));
    }
  }
  return flows.head;
}
