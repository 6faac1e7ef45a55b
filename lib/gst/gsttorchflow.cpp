// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// GstTorchFlow as a structure that owns its strings and buffers.
#include <initializer_list>

#include "lib/gst/gsttorchflowmeta.h"

namespace {

GstBuffer* share(GstBuffer* buffer) { return buffer ? gst_buffer_ref(buffer) : nullptr; }

}  // namespace

G_DEFINE_BOXED_TYPE(GstTorchFlow, gst_torch_flow, gst_torch_flow_copy, gst_torch_flow_free)

GType gst_torch_flow_direction_get_type(void) {
  static const GType type = [] {
    static const GEnumValue values[] = {
        {GST_TORCH_FLOW_FORWARD,
         "From the earlier frame to the later one, on the earlier frame's grid", "forward"},
        {GST_TORCH_FLOW_BACKWARD,
         "From the later frame to the earlier one, on the later frame's grid", "backward"},
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
 * gst_torch_flow_new:
 * @source: name of the element that computed the result
 * @flow: (nullable) (transfer none): [grid_height, grid_width, 2] (x, y)
 * @backward_flow: (nullable) (transfer none): the same, backward
 * @confidence: (nullable) (transfer none): float32 [grid_height, grid_width]
 *
 * Creates a result that owns its strings and buffers, to be filled in and attached. All other
 * fields are zero, and the times are unknown.
 *
 * Returns: (transfer full): a new result, to be freed with gst_torch_flow_free()
 */
GstTorchFlow* gst_torch_flow_new(const gchar* source, GstBuffer* flow, GstBuffer* backward_flow,
                                 GstBuffer* confidence) {
  g_return_val_if_fail(source != nullptr, nullptr);
  auto* result = g_new0(GstTorchFlow, 1);
  result->source = g_strdup(source);
  result->reference_pts = GST_CLOCK_TIME_NONE;
  result->dt = GST_CLOCK_STIME_NONE;
  result->flow = share(flow);
  result->backward_flow = share(backward_flow);
  result->confidence = share(confidence);
  return result;
}

/**
 * gst_torch_flow_copy:
 * @flow: a result, which may borrow its strings and buffers
 *
 * Returns: (transfer full): a result that owns its strings and buffers, to be freed with
 *   gst_torch_flow_free(). The buffers are shared, not copied
 */
GstTorchFlow* gst_torch_flow_copy(const GstTorchFlow* flow) {
  g_return_val_if_fail(flow != nullptr, nullptr);
  auto* copy = g_new0(GstTorchFlow, 1);
  *copy = *flow;
  copy->source = g_strdup(flow->source);
  copy->model = g_strdup(flow->model);
  copy->skipped = g_strdup(flow->skipped);
  copy->flow = share(flow->flow);
  copy->backward_flow = share(flow->backward_flow);
  copy->confidence = share(flow->confidence);
  return copy;
}

/**
 * gst_torch_flow_free:
 * @flow: (transfer full) (nullable): a result that a function of this library returned
 */
void gst_torch_flow_free(GstTorchFlow* flow) {
  if (!flow) return;
  for (const gchar* text : {flow->source, flow->model, flow->skipped}) {
    g_free(const_cast<gchar*>(text));
  }
  for (GstBuffer* array : {flow->flow, flow->backward_flow, flow->confidence}) {
    if (array) gst_buffer_unref(array);
  }
  g_free(flow);
}

/**
 * gst_torch_flow_get_vectors:
 * @flow: a result
 * @direction: %GST_TORCH_FLOW_FORWARD or %GST_TORCH_FLOW_BACKWARD
 *
 * Gets the array of one direction from the field that contains it.
 *
 * Returns: (transfer full) (nullable): [grid_height, grid_width, 2] (x, y); %NULL if there is no
 *   flow in that direction
 */
GstBuffer* gst_torch_flow_get_vectors(const GstTorchFlow* flow, GstTorchFlowDirection direction) {
  g_return_val_if_fail(flow != nullptr, nullptr);
  g_return_val_if_fail(direction != GST_TORCH_FLOW_BOTH, nullptr);
  if (flow->direction == direction) return share(flow->flow);
  if (flow->direction != GST_TORCH_FLOW_BOTH) return nullptr;
  return share(direction == GST_TORCH_FLOW_FORWARD ? flow->flow : flow->backward_flow);
}

/**
 * gst_torch_flow_get_confidence:
 * @flow: a result
 *
 * Returns: (transfer full) (nullable): float32 [grid_height, grid_width] in 0..1, on the earlier
 *   frame's grid; %NULL if there is no confidence
 */
GstBuffer* gst_torch_flow_get_confidence(const GstTorchFlow* flow) {
  g_return_val_if_fail(flow != nullptr, nullptr);
  return share(flow->confidence);
}
