// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
/**
 * SECTION:gsttorchshotmeta
 * @title: Shot boundaries
 * @short_description: shots and their boundaries on a video buffer
 *
 * `scenedetect` attaches its result to every frame as a #GstCustomMeta named
 * %GST_TORCH_SHOT_META_NAME. The meta has no tags, because it does not refer to positions in the
 * image, so elements keep it whenever they keep metas. If a frame carries more than one boundary,
 * it has a meta for each.
 *
 * The fields of its structure can be read without this header (from Python or Rust): `source`
 * (string), `model` (string), `frame` (uint64), `shot` (uint), `score`, `threshold`, `distance`,
 * `mean-luma` (double; absent with `skipped`), `boundary` (string), and if that is not `none`:
 * `start-frame`, `middle-frame`, `end-frame` (uint64), `start-pts`, `middle-pts`, `end-pts`
 * (uint64, ns), `confidence` (double); `skipped` (string, only on frames that were not analyzed:
 * the reason).
 *
 * In C, gst_torch_shot_meta_read() fills a #GstTorchShot that borrows its strings from the meta. In
 * other languages, gst_buffer_get_torch_shot() and gst_buffer_list_torch_shots() return copies.
 */
#pragma once

#include <gst/gst.h>

#include "gsttorchenums.h"

G_BEGIN_DECLS

#define GST_TORCH_SHOT_META_NAME "GstTorchShotMeta"

/**
 * GstTorchShotBoundary:
 * @GST_TORCH_SHOT_BOUNDARY_NONE: no boundary
 * @GST_TORCH_SHOT_BOUNDARY_CUT: a change from one frame to the next
 * @GST_TORCH_SHOT_BOUNDARY_DISSOLVE: a gradual change within a few frames
 * @GST_TORCH_SHOT_BOUNDARY_FADE: a gradual change through black, white or another plain colour
 *
 * Kind of a shot boundary.
 */
typedef enum {
  GST_TORCH_SHOT_BOUNDARY_NONE,
  GST_TORCH_SHOT_BOUNDARY_CUT,
  GST_TORCH_SHOT_BOUNDARY_DISSOLVE,
  GST_TORCH_SHOT_BOUNDARY_FADE,
} GstTorchShotBoundary;

#define GST_TYPE_TORCH_SHOT_BOUNDARY (gst_torch_shot_boundary_get_type())
GST_TORCH_API GType gst_torch_shot_boundary_get_type(void);

#define GST_TYPE_TORCH_SHOT (gst_torch_shot_get_type())
typedef struct _GstTorchShot GstTorchShot;

/**
 * GstTorchShot:
 * @frame: number of the frame, from 0, since the start of the stream or the last seek
 * @shot: number of the frame's shot, from 0: the number of boundaries up to this frame
 * @score: 0..1, how likely a shot begins here; comparable between models
 * @threshold: the threshold that @score is compared with
 * @distance: the model's raw output: cosine distance from the previous frame, or the probability
 *   that the previous frame ended a shot
 * @mean_luma: 0 (black) to 255
 * @boundary: the boundary that was decided with this frame, if any
 * @start_frame: first frame that is not purely the old shot; for a cut, @frame
 * @middle_frame: frame in which both shots have the same weight; for a fade, the darkest or
 *   brightest frame; for a cut, @frame
 * @end_frame: first frame that is purely the new shot: @frame or an earlier one, because a gradual
 *   change is known only when it is over
 * @start_pts: PTS of @start_frame, ns
 * @middle_pts: PTS of @middle_frame, ns
 * @end_pts: PTS of @end_frame, ns
 * @confidence: 0..1, confidence of the boundary
 * @source: (not nullable): name of the element that computed the result
 * @model: (nullable): name of the model
 * @skipped: (nullable): the reason if the frame was not analyzed
 *
 * One result, read from a meta or to be attached. A result on the stack, or filled by
 * gst_torch_shot_meta_read(), borrows its strings. A result that a function returned owns them and
 * is freed with gst_torch_shot_free().
 */
struct _GstTorchShot {
  guint64 frame;
  guint shot;
  gdouble score;
  gdouble threshold;
  gdouble distance;
  gdouble mean_luma;
  GstTorchShotBoundary boundary;
  guint64 start_frame;
  guint64 middle_frame;
  guint64 end_frame;
  GstClockTime start_pts;
  GstClockTime middle_pts;
  GstClockTime end_pts;
  gdouble confidence;
  const gchar* source;
  const gchar* model;
  const gchar* skipped;

  /*< private >*/
  gpointer _gst_reserved[GST_PADDING];
};

GST_TORCH_API GType gst_torch_shot_get_type(void);
GST_TORCH_API GstTorchShot* gst_torch_shot_new(const gchar* source);
GST_TORCH_API GstTorchShot* gst_torch_shot_copy(const GstTorchShot* shot);
GST_TORCH_API void gst_torch_shot_free(GstTorchShot* shot);

GST_TORCH_API const GstMetaInfo* gst_torch_shot_meta_get_info(void);
GST_TORCH_API GstCustomMeta* gst_buffer_add_torch_shot_meta(GstBuffer* buffer,
                                                            const GstTorchShot* shot);
GST_TORCH_API GstCustomMeta* gst_buffer_get_torch_shot_meta(GstBuffer* buffer, const gchar* source);
GST_TORCH_API GstCustomMeta* gst_buffer_iterate_torch_shot_meta(GstBuffer* buffer, gpointer* state);
GST_TORCH_API gboolean gst_torch_shot_meta_read(GstCustomMeta* meta, GstTorchShot* shot);
GST_TORCH_API GstTorchShot* gst_buffer_get_torch_shot(GstBuffer* buffer, const gchar* source);
GST_TORCH_API GList* gst_buffer_list_torch_shots(GstBuffer* buffer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GstTorchShot, gst_torch_shot_free)

G_END_DECLS
