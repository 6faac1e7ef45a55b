// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
/**
 * SECTION:gsttorchflowmeta
 * @title: Flow results
 * @short_description: dense optical flow on a video buffer
 *
 * `raftflow` attaches its result as a #GstCustomMeta named %GST_TORCH_FLOW_META_NAME, tagged
 * {video, size, orientation}: it survives elements that keep the image, follows its pixels where
 * an element says where they went, and is dropped where none does. docs/api.md has a table of what
 * GStreamer's elements say. The arrays go where a frame is encoded; the numbers stay.
 *
 * Its structure's fields can be read without this header (from Python, from Rust): `source`
 * (string), `model` (string), `width`, `height` (uint; the frame the coordinates refer to),
 * `grid-width`, `grid-height` (uint; size of the arrays), `direction` (string), `format` (string),
 * `reference-pts` (uint64, ns; PTS of the other frame), `dt` (int64, ns; this frame's PTS less the
 * other's), `iterations` (uint), `mean-magnitude`, `max-magnitude`, `mean-x`, `mean-y` (double,
 * pixels of the frame), `skipped` (string, only where there is no flow: why), `flow`,
 * `backward-flow` (GstBuffer, arrays [grid-height, grid-width, 2] of x, y), `confidence`
 * (GstBuffer, float32 [grid-height, grid-width]). The buffers hold #GstTorchAllocator memory, which
 * tells its shape.
 *
 * Where the image is scaled the arrays stay as they are, `width` and `height` change, and so do
 * the magnitudes. Both axes by the same factor (within 1 %): exactly that, or the geometric mean of
 * the two. Otherwise they are computed again from `flow`; without it the geometric mean is all
 * there is, and the true values lie between those that the two factors give.
 *
 * Where it is turned, mirrored, cropped or given borders (GStreamer 1.28 says so) the arrays change
 * with it, to float32 when they are mapped; vectors of borders are zero and count in the means. A
 * crop computes the magnitudes again, and drops a result that has no array to compute them from.
 *
 * In C, gst_torch_flow_meta_read() fills a #GstTorchFlow that borrows everything from the meta. In
 * other languages, and wherever the result has to outlive its frame, gst_buffer_get_torch_flow()
 * and gst_buffer_list_torch_flows() give a #GstTorchFlow that owns all it has.
 */
#pragma once

#include <gst/gst.h>

#include "gsttorchenums.h"

G_BEGIN_DECLS

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

#define GST_TYPE_TORCH_FLOW (gst_torch_flow_get_type())
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
 * @iterations: how often the model refined its estimate
 * @mean_magnitude: mean length of the vectors, pixels of the frame
 * @max_magnitude: largest length, pixels of the frame
 * @source: (not nullable): name of the element that computed this
 * @model: (nullable): name of the model
 * @skipped: (nullable): why there is no flow, where there is none
 * @flow: (nullable): [grid_height, grid_width, 2] (x, y)
 * @backward_flow: (nullable): the same, backward; only with %GST_TORCH_FLOW_BOTH
 * @confidence: (nullable): float32 [grid_height, grid_width] in 0..1; only with
 *   %GST_TORCH_FLOW_BOTH
 * @mean_x: mean of the vectors, to the right, pixels of the frame; NaN where it is not known
 * @mean_y: the same, down
 *
 * One result, as read from a meta or to be attached. One that gst_torch_flow_meta_read() filled, or
 * that lies on the stack, borrows its strings and buffers; those read from a meta live as long as
 * the meta does. One that a function returned owns them and goes with gst_torch_flow_free().
 *
 * In bindings, take the arrays from gst_torch_flow_get_vectors() and
 * gst_torch_flow_get_confidence(): a field gives a buffer that goes with this structure.
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
  gdouble mean_x;
  gdouble mean_y;

  /*< private >*/
  gpointer _gst_reserved[GST_PADDING];
};

GST_TORCH_API GType gst_torch_flow_get_type(void);
GST_TORCH_API GstTorchFlow* gst_torch_flow_new(const gchar* source, GstBuffer* flow,
                                               GstBuffer* backward_flow, GstBuffer* confidence);
GST_TORCH_API GstTorchFlow* gst_torch_flow_copy(const GstTorchFlow* flow);
GST_TORCH_API void gst_torch_flow_free(GstTorchFlow* flow);
GST_TORCH_API GstBuffer* gst_torch_flow_get_vectors(const GstTorchFlow* flow,
                                                    GstTorchFlowDirection direction);
GST_TORCH_API GstBuffer* gst_torch_flow_get_confidence(const GstTorchFlow* flow);

GST_TORCH_API const GstMetaInfo* gst_torch_flow_meta_get_info(void);
GST_TORCH_API GstCustomMeta* gst_buffer_add_torch_flow_meta(GstBuffer* buffer,
                                                            const GstTorchFlow* flow);
GST_TORCH_API GstCustomMeta* gst_buffer_get_torch_flow_meta(GstBuffer* buffer, const gchar* source);
GST_TORCH_API GstCustomMeta* gst_buffer_iterate_torch_flow_meta(GstBuffer* buffer, gpointer* state);
GST_TORCH_API gboolean gst_torch_flow_meta_read(GstCustomMeta* meta, GstTorchFlow* flow);
GST_TORCH_API GstTorchFlow* gst_buffer_get_torch_flow(GstBuffer* buffer, const gchar* source);
GST_TORCH_API GList* gst_buffer_list_torch_flows(GstBuffer* buffer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GstTorchFlow, gst_torch_flow_free)

G_END_DECLS
