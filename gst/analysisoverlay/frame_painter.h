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

/// What is drawn beside what lies on the frame's buffer.
struct FrameContext {
  const ShotPainter& shots;       ///< has taken the frame down
  const ReferenceSource& other;   ///< to be shown beside it
  PerfLine* perf_line = nullptr;  ///< none is drawn
};

/// Draws all kinds of results of one frame. Thread-bound.
class FramePainter {
 public:
  /// The element owns this object, so it outlives it.
  explicit FramePainter(GstElement* element) : flow_(element), matches_(element) {}

  /// Whether a frame carries something that these settings let be drawn.
  static bool has_drawable(GstBuffer* buffer, const OverlaySettings& settings);
  /// Whether these settings show another image beside each frame.
  static bool shows_pairs(const OverlaySettings& settings);

  /// Draws the results of a buffer over the image in a frame, which may be another buffer's.
  void draw_over(GstBuffer* results, const OverlaySettings& settings, const FrameContext& context,
                 GstVideoFrame* frame);
  /// Fills a frame twice as wide: the image, and beside it its results.
  void draw_beside(GstVideoFrame* in, const OverlaySettings& settings, const FrameContext& context,
                   GstVideoFrame* out);

  void reset();  ///< for another stream

 private:
  void draw_pairs(GstVideoFrame* in, const OverlaySettings& settings, const ReferenceSource& other,
                  GstVideoFrame* out);

  FlowPainter flow_;
  MatchPainter matches_;
};

}  // namespace gsttorch
