// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include <gst/video/video.h>

#include "gst/analysisoverlay/frame_painter.h"
#include "gst/analysisoverlay/overlay_settings.h"
#include "gst/analysisoverlay/perf_line.h"
#include "gst/analysisoverlay/reference_images.h"
#include "gst/analysisoverlay/shot_painter.h"
#include "gst/analysisoverlay/snapshots.h"
#include "lib/gst/util/ref.h"

namespace gsttorch {

/// Processes the element's frames. Settings and statistics may be used from any thread, everything
/// else only from the streaming thread.
class AnalysisOverlay {
 public:
  /// The element owns this object and outlives it.
  explicit AnalysisOverlay(GstElement* element)
      : element_(element), painter_(element), perf_line_(element), snapshots_(element) {}

  OverlaySettings settings() const;
  template <typename Change>
  void change_settings(Change&& change) {
    const std::lock_guard lock(mutex_);
    change(settings_);
  }
  GstStructure* stats() const;  ///< transfer full

  Result<void> start();
  void stop();   ///< returns once the accepted snapshots are written
  void reset();  ///< prepares for another stream

  /// Returns the caps of the other pad for caps of the pad in `direction`.
  Ref<GstCaps> transform_caps(GstPadDirection direction, GstCaps* caps) const;
  /// Returns true if a meta is still valid on the output.
  bool keeps_meta(const GstMeta* meta) const;

  /// Call it first for each frame, before the frame is modified. Returns false if the frame can
  /// pass unchanged.
  bool begin_frame(GstBuffer* buffer, const GstVideoInfo& info);
  bool draws() const { return draws_; }  ///< whether the current frame is drawn on

  void draw_over(GstVideoFrame* frame);
  void draw_beside(GstVideoFrame* in, GstVideoFrame* out);

 private:
  FrameContext context();
  const char* what_is_drawn(std::uint64_t frame, bool is_drawable) const;

  GstElement* const element_;
  mutable std::mutex mutex_;
  OverlaySettings settings_;  // guarded by mutex_
  FramePainter painter_;
  PerfLine perf_line_;
  ShotPainter shots_;
  ReferenceImages others_;
  Snapshots snapshots_;
  std::atomic<std::uint64_t> frames_{0};
  std::atomic<std::uint64_t> drawn_{0};
  bool takes_snapshots_ = false;
  OverlaySettings frame_settings_;  // of the current frame
  ReferenceSource other_;           // image shown beside the current frame
  bool draws_ = false;
};

}  // namespace gsttorch
