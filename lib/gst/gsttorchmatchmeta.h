// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
/**
 * SECTION:gsttorchmatchmeta
 * @title: Match results
 * @short_description: correspondences between a video buffer and another image
 *
 * `loftrmatch` attaches its result as a #GstCustomMeta named %GST_TORCH_MATCH_META_NAME, tagged
 * {video, size, orientation}: it survives elements that keep the image, follows its pixels where
 * an element says where they went, and is dropped where none does. docs/api.md has a table of what
 * GStreamer's elements say. The array goes where a frame is encoded; the numbers stay.
 *
 * Its structure's fields can be read without this header (from Python, from Rust): `source`,
 * `model` (string), `width`, `height` (uint; the frame that x1, y1 refer to), `reference-width`,
 * `reference-height` (uint; the image that x0, y0 refer to), `reference` (string, only where that
 * is an image file: its path), `reference-pts` (uint64, ns; where it is an earlier frame), `dt`
 * (int64, ns; this frame's PTS less that one's), `count` (uint), `mean-confidence` (double),
 * `skipped` (string, only where there is no result: why), `matches` (GstBuffer, float32 [count, 6]:
 * x0, y0, x1, y1 in pixels, confidence, inlier (1 or 0; 1 without geometry)). With geometry also
 * `geometry` (string: "homography" or "fundamental"), `verdict` (string: "static", "moved" or
 * "lost"), `inliers` (uint), `residual` (double, pixels) and, unless lost, `matrix` (GstValueArray
 * of nine doubles, row by row: x1 = H x0, or x1^T F x0 = 0). Of adaptive matching also `passes`
 * (uint: 1 where the coarse pass was enough), `overlap` (string: what it said, "none", "unsure",
 * "still", "partial" or "large"), `working-size` (uint: longer side inside the model, pixels, where
 * the matches come from), `region` and `reference-region` (GstValueArray of four uint: x, y, width
 * and height of the part of each image that was looked at).
 *
 * Where the image is scaled, points, matrix and `width` and `height` follow; so do x0, y0 and
 * `reference-width` and `reference-height` unless the reference is an image file. So they do where
 * it is turned, mirrored, cropped or given borders (GStreamer 1.28 says so); matches that a crop
 * cuts off are left out of the array, `count`, `mean-confidence` and `inliers`, and a result that
 * has no array to count in is dropped. `working-size` and the regions stay as they were.
 */
#pragma once

#include <gst/gst.h>

#include "gsttorchenums.h"

G_BEGIN_DECLS

#define GST_TORCH_MATCH_META_NAME "GstTorchMatchMeta"

/**
 * GST_TORCH_MATCH_COLUMNS:
 *
 * Numbers in a row of the array of matches.
 */
#define GST_TORCH_MATCH_COLUMNS 6

#define GST_TYPE_TORCH_MATCH (gst_torch_match_get_type())
typedef struct _GstTorchMatch GstTorchMatch;

/**
 * GstTorchMatch:
 * @width: width of the frame, pixels
 * @height: height of the frame, pixels
 * @reference_width: width of the reference image, pixels
 * @reference_height: height of the reference image, pixels
 * @reference_pts: PTS of the other frame; %GST_CLOCK_TIME_NONE where it is an image file
 * @dt: this frame's PTS less @reference_pts, ns; %GST_CLOCK_STIME_NONE where one is missing
 * @count: how many matches there are
 * @mean_confidence: of the matches, 0..1
 * @inliers: how many agree with the geometry
 * @residual: root mean square distance of the inliers from what it says, pixels
 * @has_matrix: whether @matrix is there
 * @matrix: (array fixed-size=9): row by row
 * @source: (not nullable): name of the element that computed this
 * @model: (nullable): name of the model
 * @reference: (nullable): the reference image's file
 * @geometry: (nullable): "homography" or "fundamental"; %NULL where none was asked for
 * @verdict: (nullable): "static", "moved" or "lost"; only with @geometry
 * @skipped: (nullable): why there is no result, where there is none
 * @matches: (nullable): float32 [count, %GST_TORCH_MATCH_COLUMNS]
 * @passes: of adaptive matching: 1 or 2; 0 where it was not asked for
 * @working_size: longer side inside the model, pixels; only with @passes
 * @region: (array fixed-size=4): x, y, width and height of what was looked at, in pixels that the
 *   frame had then; only with @passes
 * @reference_region: (array fixed-size=4): the same of the reference image
 * @overlap: (nullable): what the coarse pass said; only with @passes
 *
 * One result, as read from a meta or to be attached. One that gst_torch_match_meta_read() filled,
 * or that lies on the stack, borrows its strings and the buffer; those read from a meta live as
 * long as the meta does. One that a function returned owns them and goes with
 * gst_torch_match_free().
 *
 * In bindings, take the array from gst_torch_match_get_matches().
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
