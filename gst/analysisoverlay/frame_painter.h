// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <gst/video/video.h>

#include "gst/analysisoverlay/flow_painter.h"
#include "gst/analysisoverlay/match_painter.h"
#include "gst/analysisoverlay/overlay_settings.h"
#include "gst/analysisoverlay/perf_line.h"
#include "gst/analysisoverlay/reference_images.h"
#include "gst/analysisoverlay/shot_painter.h"

namespace gsttorch {

/// Data to draw in addition to the results on the frame's buffer.
struct FrameContext {
  const ShotPainter& shots;       ///< has already observed the frame
  const ReferenceSource& other;   ///< image to show beside the frame
  PerfLine* perf_line = nullptr;  ///< null: not drawn
};

/// Draws the results of all kinds for one frame. Thread-bound.
class FramePainter {
 public:
  /// The element owns this object and outlives it.
  explicit FramePainter(GstElement* element) : flow_(element), matches_(element) {}

  /// Returns true if a frame has results that these settings allow to be drawn.
  static bool has_drawable(GstBuffer* buffer, const OverlaySettings& settings);
  /// Returns true if these settings show another image beside each frame.
  static bool shows_pairs(const OverlaySettings& settings);

  /// Draws the results of one buffer over a frame, which may belong to another buffer.
  void draw_over(GstBuffer* results, const OverlaySettings& settings, const FrameContext& context,
                 GstVideoFrame* frame);
  /// Fills a frame of twice the width with the image and, beside it, its results.
  void draw_beside(GstVideoFrame* in, const OverlaySettings& settings, const FrameContext& context,
                   GstVideoFrame* out);

  void reset();  ///< prepares for another stream

 private:
  void draw_pairs(GstVideoFrame* in, const OverlaySettings& settings, const ReferenceSource& other,
                  GstVideoFrame* out);

  FlowPainter flow_;
  MatchPainter matches_;
};

}  // namespace gsttorch
