// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/analysisoverlay/analysisoverlay.h"

#include "gst/analysisoverlay/debug.h"
#include "gst/analysisoverlay/side_by_side_caps.h"

namespace gsttorch {
namespace {

bool has_tag(const GstMeta* meta, const gchar* tag) {
  return gst_meta_api_type_has_tag(meta->info->api, g_quark_from_string(tag));
}

bool is_due(std::uint64_t frame, unsigned every) { return every > 0 && frame % every == 0; }

}  // namespace

OverlaySettings AnalysisOverlay::settings() const {
  const std::lock_guard lock(mutex_);
  return settings_;
}

GstStructure* AnalysisOverlay::stats() const {
  const Snapshots::Counts& snapshots = snapshots_.counts();
  return gst_structure_new("application/x-gsttorch-stats", "frames", G_TYPE_UINT64, frames_.load(),
                           "drawn", G_TYPE_UINT64, drawn_.load(), "snapshots", G_TYPE_UINT64,
                           snapshots.written.load(), "snapshots-dropped", G_TYPE_UINT64,
                           snapshots.dropped.load(), "snapshots-failed", G_TYPE_UINT64,
                           snapshots.failed.load(), nullptr);
}

Result<void> AnalysisOverlay::start() {
  reset();
  frames_ = drawn_ = 0;
  const std::string pattern = settings().snapshot_location;
  takes_snapshots_ = !pattern.empty();
  GST_DEBUG_OBJECT(element_, "starts, snapshots: %s", takes_snapshots_ ? pattern.c_str() : "none");
  return takes_snapshots_ ? snapshots_.start(pattern) : Result<void>();
}

void AnalysisOverlay::stop() {
  snapshots_.stop();
  others_.stop();
  const Snapshots::Counts& snapshots = snapshots_.counts();
  GST_DEBUG_OBJECT(element_,
                   "stopped: %" G_GUINT64_FORMAT " frames, %" G_GUINT64_FORMAT
                   " drawn; snapshots: %" G_GUINT64_FORMAT " written, %" G_GUINT64_FORMAT
                   " dropped, %" G_GUINT64_FORMAT " failed",
                   frames_.load(), drawn_.load(), snapshots.written.load(),
                   snapshots.dropped.load(), snapshots.failed.load());
}

void AnalysisOverlay::reset() {
  painter_.reset();
  perf_line_.reset();
  shots_.reset();
  others_.reset();
  other_ = {};
}

Ref<GstCaps> AnalysisOverlay::transform_caps(GstPadDirection direction, GstCaps* caps) const {
  if (settings().layout == OverlayLayout::Blend) return Ref<GstCaps>::share(caps);
  return direction == GST_PAD_SINK ? doubled_width(caps) : halved_width(caps);
}

bool AnalysisOverlay::keeps_meta(const GstMeta* meta) const {
  if (settings().layout == OverlayLayout::Blend) return true;
  // Coordinates refer to a frame of half the output's width; the output has no cropped area.
  return meta->info->api != GST_VIDEO_CROP_META_API_TYPE &&
         !has_tag(meta, GST_META_TAG_VIDEO_SIZE_STR) &&
         !has_tag(meta, GST_META_TAG_VIDEO_ORIENTATION_STR) &&
         !has_tag(meta, GST_META_TAG_MEMORY_STR);
}

bool AnalysisOverlay::begin_frame(GstBuffer* buffer, const GstVideoInfo& info) {
  frame_settings_ = settings();
  const std::uint64_t frame = frames_++;
  if (frame_settings_.perf_line) perf_line_.count_frame();
  const bool is_drawable =
      frame_settings_.perf_line || FramePainter::has_drawable(buffer, frame_settings_);
  draws_ = is_due(frame, frame_settings_.every) && is_drawable;
  GST_LOG_OBJECT(element_, "frame %" G_GUINT64_FORMAT " of %" GST_TIME_FORMAT ": %s", frame,
                 GST_TIME_ARGS(GST_BUFFER_PTS(buffer)), what_is_drawn(frame, is_drawable));
  shots_.observe(buffer, frame_settings_);
  drawn_ += draws_;
  other_ = FramePainter::shows_pairs(frame_settings_) ? others_.find(buffer, frame_settings_)
                                                      : ReferenceSource();
  if (takes_snapshots_ && is_due(frame, frame_settings_.snapshot_every)) {
    snapshots_.offer({frame, Ref<GstBuffer>::share(buffer), info, frame_settings_, shots_, other_});
  }
  return draws_ || frame_settings_.layout == OverlayLayout::SideBySide;
}

const char* AnalysisOverlay::what_is_drawn(std::uint64_t frame, bool is_drawable) const {
  if (!is_due(frame, frame_settings_.every)) return "not drawn on, as every says";
  return is_drawable ? "drawn on" : "not drawn on, it carries no result that is to be drawn";
}

FrameContext AnalysisOverlay::context() {
  return {shots_, other_, frame_settings_.perf_line ? &perf_line_ : nullptr};
}

void AnalysisOverlay::draw_over(GstVideoFrame* frame) {
  painter_.draw_over(frame->buffer, frame_settings_, context(), frame);
}

void AnalysisOverlay::draw_beside(GstVideoFrame* in, GstVideoFrame* out) {
  if (draws_) {
    painter_.draw_beside(in, frame_settings_, context(), out);
  } else {
    FlowPainter::copy_beside_black(in, out);
  }
}

}  // namespace gsttorch
