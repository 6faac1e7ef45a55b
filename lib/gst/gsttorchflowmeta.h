// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
/**
 * SECTION:gsttorchflowmeta
 * @title: Flow results
 * @short_description: dense optical flow on a video buffer
 *
 * `raftflow` attaches its result as a #GstCustomMeta named %GST_TORCH_FLOW_META_NAME, tagged
 * {video, size}: it survives elements that keep the picture or only scale it, is rescaled by
 * `videoscale`, and is dropped where the picture is cropped.
 *
 * Its structure's fields can be read without this header (from Python, from Rust): `source`
 * (string), `model` (string), `width`, `height` (uint; the frame the coordinates refer to),
 * `grid-width`, `grid-height` (uint; size of the arrays), `direction` (string), `format` (string),
 * `reference-pts` (uint64, ns; PTS of the other frame), `dt` (int64, ns; this frame's PTS less the
 * other's), `iterations` (uint), `mean-magnitude`, `max-magnitude` (double, pixels of the frame),
 * `skipped` (string, only where there is no flow: why), `flow`, `backward-flow` (GstBuffer, arrays
 * [grid-height, grid-width, 2] of x, y), `confidence` (GstBuffer, float32 [grid-height,
 * grid-width]).
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#ifndef GST_TORCH_API
#define GST_TORCH_API __attribute__((visibility("default"))) extern
#endif

#define GST_TORCH_FLOW_META_NAME "GstTorchFlowMeta"

/**
 * GstTorchFlowDirection:
 * @GST_TORCH_FLOW_FORWARD: on the grid of the earlier frame, from it to the later one
 * @GST_TORCH_FLOW_BACKWARD: on the grid of the later frame, from it to the earlier one
 * @GST_TORCH_FLOW_BOTH: both, with a confidence
 *
 * Which way flow points.
 */
typedef enum {
  GST_TORCH_FLOW_FORWARD,
  GST_TORCH_FLOW_BACKWARD,
  GST_TORCH_FLOW_BOTH,
} GstTorchFlowDirection;

#define GST_TYPE_TORCH_FLOW_DIRECTION (gst_torch_flow_direction_get_type())
GST_TORCH_API GType gst_torch_flow_direction_get_type(void);

/**
 * GstTorchFlowFormat:
 * @GST_TORCH_FLOW_FORMAT_F32: float
 * @GST_TORCH_FLOW_FORMAT_F16: IEEE half precision
 *
 * The elements of the flow arrays. Native byte order.
 */
typedef enum {
  GST_TORCH_FLOW_FORMAT_F32,
  GST_TORCH_FLOW_FORMAT_F16,
} GstTorchFlowFormat;

#define GST_TYPE_TORCH_FLOW_FORMAT (gst_torch_flow_format_get_type())
GST_TORCH_API GType gst_torch_flow_format_get_type(void);

typedef struct _GstTorchFlow GstTorchFlow;

/**
 * GstTorchFlow:
 * @width: width of the frame, pixels
 * @height: height of the frame, pixels
 * @grid_width: columns of the arrays; differs from @width once the video was scaled. A vector read
 *   from the arrays is in pixels of that grid: multiply x by @width / @grid_width, y alike
 * @grid_height: rows of the arrays
 * @direction: which way the flow points
 * @format: element type of @flow and @backward_flow
 * @reference_pts: PTS of the other frame of the pair
 * @dt: this frame's PTS less @reference_pts, ns; %GST_CLOCK_STIME_NONE where a PTS is missing
 * @iterations: how often the net refined its estimate
 * @mean_magnitude: mean length of the vectors, pixels of the frame
 * @max_magnitude: largest length, pixels of the frame
 * @source: (not nullable): name of the element that computed this
 * @model: (nullable): name of the net
 * @skipped: (nullable): why there is no flow, where there is none
 * @flow: (nullable): [grid_height, grid_width, 2] (x, y)
 * @backward_flow: (nullable): the same, backward; only with %GST_TORCH_FLOW_BOTH
 * @confidence: (nullable): float32 [grid_height, grid_width] in 0..1; only with
 *   %GST_TORCH_FLOW_BOTH
 *
 * One result, as read from a meta or to be attached. Pointers are borrowed: those read from a meta
 * live as long as the meta does.
 */
struct _GstTorchFlow {
  guint width;
  guint height;
  guint grid_width;
  guint grid_height;
  GstTorchFlowDirection direction;
  GstTorchFlowFormat format;
  GstClockTime reference_pts;
  GstClockTimeDiff dt;
  guint iterations;
  gdouble mean_magnitude;
  gdouble max_magnitude;
  const gchar* source;
  const gchar* model;
  const gchar* skipped;
  GstBuffer* flow;
  GstBuffer* backward_flow;
  GstBuffer* confidence;

  /*< private >*/
  gpointer _gst_reserved[GST_PADDING];
};

GST_TORCH_API GstCustomMeta* gst_buffer_add_torch_flow_meta(GstBuffer* buffer,
                                                            const GstTorchFlow* flow);
GST_TORCH_API GstCustomMeta* gst_buffer_get_torch_flow_meta(GstBuffer* buffer, const gchar* source);
GST_TORCH_API GstCustomMeta* gst_buffer_iterate_torch_flow_meta(GstBuffer* buffer, gpointer* state);
GST_TORCH_API gboolean gst_torch_flow_meta_read(GstCustomMeta* meta, GstTorchFlow* flow);

G_END_DECLS
