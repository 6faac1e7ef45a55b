// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
/**
 * SECTION:gsttorchflowmeta
 * @title: Flow results
 * @short_description: dense optical flow on a video buffer
 *
 * `raftflow` attaches its result as a #GstCustomMeta named %GST_TORCH_FLOW_META_NAME with the tags
 * {video, size, orientation}. The meta survives elements that keep the image. If an element says
 * where the pixels went, the result is transformed; otherwise it is dropped. docs/api.md has a
 * table of GStreamer's elements. Encoders drop the arrays and keep the figures.
 *
 * The fields of its structure can be read without this header (from Python or Rust): `source`
 * (string), `model` (string), `width`, `height` (uint; size of the frame, to which coordinates
 * refer), `grid-width`, `grid-height` (uint; size of the arrays), `direction` (string), `format`
 * (string), `reference-pts` (uint64, ns; PTS of the other frame), `dt` (int64, ns; this frame's PTS
 * minus the other's), `iterations` (uint), `mean-magnitude`, `max-magnitude`, `mean-x`, `mean-y`
 * (double, pixels of the frame), `flat` (boolean, only if it is true), `skipped` (string, only
 * without a flow: the reason), `flow`,
 * `backward-flow` (GstBuffer, arrays [grid-height, grid-width, 2] of x, y), `confidence`
 * (GstBuffer, float32 [grid-height, grid-width]). The buffers contain #GstTorchAllocator memory,
 * which has a shape.
 *
 * If the image is scaled, the arrays do not change; `width`, `height` and the magnitudes do. If
 * both axes have the same factor (within 1 %), the magnitudes are multiplied by the geometric mean
 * of the two. Otherwise they are computed again from `flow`; without it the geometric mean is used,
 * and the true values are between those that the two factors give.
 *
 * If the image is rotated, mirrored, cropped or padded (known since GStreamer 1.28), the arrays are
 * transformed when they are mapped, and are then float32. Vectors of borders are zero and count in
 * the means. A crop computes the magnitudes again, and drops a result that has no array to compute
 * them from.
 *
 * In C, gst_torch_flow_meta_read() fills a #GstTorchFlow that borrows everything from the meta. In
 * other languages, or if the result has to outlive its frame, gst_buffer_get_torch_flow() and
 * gst_buffer_list_torch_flows() return copies.
 */
#pragma once

#include <gst/gst.h>

#include "gsttorchenums.h"

G_BEGIN_DECLS

#define GST_TORCH_FLOW_META_NAME "GstTorchFlowMeta"

/**
 * GstTorchFlowDirection:
 * @GST_TORCH_FLOW_FORWARD: from the earlier frame to the later one, on the earlier frame's grid
 * @GST_TORCH_FLOW_BACKWARD: from the later frame to the earlier one, on the later frame's grid
 * @GST_TORCH_FLOW_BOTH: both flows and a confidence
 *
 * Direction of a flow.
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
 * @GST_TORCH_FLOW_FORMAT_F32: IEEE single precision
 * @GST_TORCH_FLOW_FORMAT_F16: IEEE half precision
 *
 * Element type of the flow arrays, in native byte order.
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
 * @grid_width: columns of the arrays; differs from @width after the video was scaled. A vector in
 *   the arrays is in pixels of that grid: multiply x by @width / @grid_width, and y by @height /
 *   @grid_height
 * @grid_height: rows of the arrays
 * @direction: direction of the flow
 * @format: element type of @flow and @backward_flow
 * @reference_pts: PTS of the other frame of the pair
 * @dt: this frame's PTS minus @reference_pts, ns; %GST_CLOCK_STIME_NONE if a PTS is missing
 * @iterations: number of refinements; 0: the two frames are identical, and the flow is zero
 * @mean_magnitude: mean length of the vectors, pixels of the frame
 * @max_magnitude: maximum length of the vectors, pixels of the frame
 * @source: (not nullable): name of the element that computed the result
 * @model: (nullable): name of the model
 * @skipped: (nullable): the reason if there is no flow
 * @flow: (nullable): [grid_height, grid_width, 2] (x, y)
 * @backward_flow: (nullable): the same, backward; only with %GST_TORCH_FLOW_BOTH
 * @confidence: (nullable): float32 [grid_height, grid_width] in 0..1; only with
 *   %GST_TORCH_FLOW_BOTH
 * @mean_x: mean of the vectors, to the right, pixels of the frame; NaN if unknown
 * @mean_y: the same, down
 * @flat: whether an image of the pair has no texture, such as a black frame; the vectors then mean
 *   nothing
 *
 * One result, read from a meta or to be attached. A result on the stack, or filled by
 * gst_torch_flow_meta_read(), borrows its strings and buffers; those read from a meta are valid as
 * long as the meta. A result that a function returned owns them and is freed with
 * gst_torch_flow_free().
 *
 * In bindings, get the arrays from gst_torch_flow_get_vectors() and
 * gst_torch_flow_get_confidence(): a buffer read from a field is valid only as long as this
 * structure.
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
  gboolean flat;

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
