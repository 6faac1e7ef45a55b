// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
/**
 * SECTION:gsttorchmatchmeta
 * @title: Match results
 * @short_description: correspondences between a video buffer and another image
 *
 * `loftrmatch` attaches its result as a #GstCustomMeta named %GST_TORCH_MATCH_META_NAME with the
 * tags {video, size, orientation}. The meta survives elements that keep the image. If an element
 * says where the pixels went, the result is transformed; otherwise it is dropped. docs/api.md has a
 * table of GStreamer's elements. Encoders drop the array and keep the figures.
 *
 * The fields of its structure can be read without this header (from Python or Rust): `source`,
 * `model` (string), `width`, `height` (uint; size of the frame, to which x1, y1 refer),
 * `reference-width`, `reference-height` (uint; size of the other image, to which x0, y0 refer),
 * `reference` (string, path of the other image, only if it is a file), `reference-pts` (uint64, ns;
 * if the other image is an earlier frame), `dt` (int64, ns; this frame's PTS minus that PTS),
 * `count` (uint), `mean-confidence` (double), `skipped` (string, only without a result: the
 * reason), `matches` (GstBuffer, float32 [count, 6]: x0, y0, x1, y1 in pixels, confidence, inlier
 * (1 or 0; 1 without geometry)).
 *
 * With geometry also `geometry` (string: "homography" or "fundamental"), `verdict` (string:
 * "static", "moved" or "lost"), `inliers` (uint), `residual` (double, pixels) and, unless lost,
 * `matrix` (GstValueArray of nine doubles, row by row: x1 = H x0, or x1^T F x0 = 0).
 *
 * With adaptive matching also `passes` (uint: 1 if the coarse pass was sufficient), `overlap`
 * (string: the outcome of the coarse pass, "none", "unsure", "still", "partial" or "large"),
 * `working-size` (uint: longer side inside the model, pixels, at which the matches were found),
 * `region` and `reference-region` (GstValueArray of four uint: x, y, width and height of the
 * matched part of each image).
 *
 * If the image is scaled, points, matrix, `width` and `height` are scaled with it; so are x0, y0,
 * `reference-width` and `reference-height` unless the reference is an image file. The same applies
 * if it is rotated, mirrored, cropped or padded (known since GStreamer 1.28). Matches that a crop
 * cuts off are removed from the array, `count`, `mean-confidence` and `inliers`, and a result
 * without an array is dropped. `working-size` and the regions do not change.
 */
#pragma once

#include <gst/gst.h>

#include "gsttorchenums.h"

G_BEGIN_DECLS

#define GST_TORCH_MATCH_META_NAME "GstTorchMatchMeta"

/**
 * GST_TORCH_MATCH_COLUMNS:
 *
 * Number of columns of the array of matches.
 */
#define GST_TORCH_MATCH_COLUMNS 6

#define GST_TYPE_TORCH_MATCH (gst_torch_match_get_type())
typedef struct _GstTorchMatch GstTorchMatch;

/**
 * GstTorchMatch:
 * @width: width of the frame, pixels
 * @height: height of the frame, pixels
 * @reference_width: width of the other image, pixels
 * @reference_height: height of the other image, pixels
 * @reference_pts: PTS of the other frame; %GST_CLOCK_TIME_NONE if it is an image file
 * @dt: this frame's PTS minus @reference_pts, ns; %GST_CLOCK_STIME_NONE if a PTS is missing
 * @count: number of matches
 * @mean_confidence: mean confidence of the matches, 0..1
 * @inliers: number of matches that agree with the geometry
 * @residual: root mean square distance of the inliers from the geometry, pixels
 * @has_matrix: whether @matrix is set
 * @matrix: (array fixed-size=9): the matrix, row by row
 * @source: (not nullable): name of the element that computed the result
 * @model: (nullable): name of the model
 * @reference: (nullable): path of the reference image's file
 * @geometry: (nullable): "homography" or "fundamental"; %NULL without geometry
 * @verdict: (nullable): "static", "moved" or "lost"; only with @geometry
 * @skipped: (nullable): the reason if there is no result
 * @matches: (nullable): float32 [count, %GST_TORCH_MATCH_COLUMNS]
 * @passes: adaptive matching: number of passes, 1 or 2; otherwise 0
 * @working_size: longer side inside the model, pixels; only with @passes
 * @region: (array fixed-size=4): x, y, width and height of the matched part, in pixels of the frame
 *   when it was matched; only with @passes
 * @reference_region: (array fixed-size=4): the same of the other image
 * @overlap: (nullable): outcome of the coarse pass; only with @passes
 *
 * One result, read from a meta or to be attached. A result on the stack, or filled by
 * gst_torch_match_meta_read(), borrows its strings and its buffer; those read from a meta are valid
 * as long as the meta. A result that a function returned owns them and is freed with
 * gst_torch_match_free().
 *
 * In bindings, get the array from gst_torch_match_get_matches().
 */
struct _GstTorchMatch {
  guint width;
  guint height;
  guint reference_width;
  guint reference_height;
  GstClockTime reference_pts;
  GstClockTimeDiff dt;
  guint count;
  gdouble mean_confidence;
  guint inliers;
  gdouble residual;
  gboolean has_matrix;
  gdouble matrix[9];
  const gchar* source;
  const gchar* model;
  const gchar* reference;
  const gchar* geometry;
  const gchar* verdict;
  const gchar* skipped;
  GstBuffer* matches;
  guint passes;
  guint working_size;
  guint region[4];
  guint reference_region[4];
  const gchar* overlap;

  /*< private >*/
  gpointer _gst_reserved[GST_PADDING];
};

GST_TORCH_API GType gst_torch_match_get_type(void);
GST_TORCH_API GstTorchMatch* gst_torch_match_new(const gchar* source, GstBuffer* matches);
GST_TORCH_API GstTorchMatch* gst_torch_match_copy(const GstTorchMatch* match);
GST_TORCH_API void gst_torch_match_free(GstTorchMatch* match);
GST_TORCH_API void gst_torch_match_set_matrix(GstTorchMatch* match, const gdouble* matrix);
GST_TORCH_API GstBuffer* gst_torch_match_get_matches(const GstTorchMatch* match);

GST_TORCH_API const GstMetaInfo* gst_torch_match_meta_get_info(void);
GST_TORCH_API GstCustomMeta* gst_buffer_add_torch_match_meta(GstBuffer* buffer,
                                                             const GstTorchMatch* match);
GST_TORCH_API GstCustomMeta* gst_buffer_iterate_torch_match_meta(GstBuffer* buffer,
                                                                 gpointer* state);
GST_TORCH_API GstCustomMeta* gst_buffer_get_torch_match_meta(GstBuffer* buffer,
                                                             const gchar* source);
GST_TORCH_API gboolean gst_torch_match_meta_read(GstCustomMeta* meta, GstTorchMatch* match);
GST_TORCH_API GstTorchMatch* gst_buffer_get_torch_match(GstBuffer* buffer, const gchar* source);
GST_TORCH_API GList* gst_buffer_list_torch_matches(GstBuffer* buffer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GstTorchMatch, gst_torch_match_free)

G_END_DECLS
