// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
/**
 * SECTION:gsttorchshotmeta
 * @title: Shot boundaries
 * @short_description: where shots of a video change
 *
 * `scenedetect` attaches its result to every frame as a #GstCustomMeta named
 * %GST_TORCH_SHOT_META_NAME. It has no tags: whatever keeps metas keeps it, since it says nothing
 * of places in the image. A frame with which more than one boundary is known has a meta for each.
 *
 * Its structure's fields can be read without this header (from Python, from Rust): `source`
 * (string), `model` (string), `frame` (uint64), `shot` (uint), `score`, `threshold`, `distance`,
 * `mean-luma` (double; not where `skipped` is), `boundary` (string), and where that is not `none`:
 * `start-frame`, `middle-frame`, `end-frame` (uint64), `start-pts`, `middle-pts`, `end-pts`
 * (uint64, ns), `confidence` (double); `skipped` (string, only where the frame was not looked at:
 * why).
 *
 * In C, gst_torch_shot_meta_read() fills a #GstTorchShot that borrows its strings from the meta.
 * In other languages, gst_buffer_get_torch_shot() and gst_buffer_list_torch_shots() give a
 * #GstTorchShot that owns them.
 */
#pragma once

#include <gst/gst.h>

#include "gsttorchenums.h"

G_BEGIN_DECLS

#define GST_TORCH_SHOT_META_NAME "GstTorchShotMeta"

/**
 * GstTorchShotBoundary:
 * @GST_TORCH_SHOT_BOUNDARY_NONE: the shot continues
 * @GST_TORCH_SHOT_BOUNDARY_CUT: one frame shows one shot, the next another
 * @GST_TORCH_SHOT_BOUNDARY_DISSOLVE: one shot becomes another within a few frames
 * @GST_TORCH_SHOT_BOUNDARY_FADE: the same by way of black, white or another plain colour
 *
 * How a shot begins.
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
 * @frame: number of the frame, from 0, since the stream began or was seeked
 * @shot: how many boundaries are known up to this frame: the number of its shot, from 0
 * @score: 0..1, how sure it is that a shot begins here; comparable between models
 * @threshold: what @score is compared with
 * @distance: what the model itself said: cosine distance from the frame before, or the probability
 *   that the frame before ended a shot
 * @mean_luma: 0 (black) to 255
 * @boundary: what boundary is known with this frame, or that none is
 * @start_frame: first frame that is not purely the old shot; of a cut, @frame
 * @middle_frame: where both shots weigh the same, of a fade the darkest (or whitest) frame; of a
 *   cut, @frame
 * @end_frame: first frame that is purely the new shot: @frame, or one before it, since a gradual
 *   change is known only when it is over
 * @start_pts: PTS of that frame, ns
 * @middle_pts: PTS of that frame, ns
 * @end_pts: PTS of that frame, ns
 * @confidence: 0..1, of the boundary
 * @source: (not nullable): name of the element that computed this
 * @model: (nullable): name of the model
 * @skipped: (nullable): why the frame was not looked at, where it was not
 *
 * One result, as read from a meta or to be attached. One that gst_torch_shot_meta_read() filled,
 * or that lies on the stack, borrows its strings. One that a function returned owns them and goes
 * with gst_torch_shot_free().
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
