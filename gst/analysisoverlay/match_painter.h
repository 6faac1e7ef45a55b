// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include <gst/gst.h>

#include "gst/analysisoverlay/flow_drawing.h"
#include "gst/analysisoverlay/overlay_settings.h"

namespace gsttorch {

/// Returns true if a frame has a matching result that these settings allow to be drawn.
bool has_drawable_match(GstBuffer* buffer, const OverlaySettings& settings);

/// The image to show beside a frame: of the results with matches, the one with most inliers, or
/// with most matches if no geometry was estimated; on a tie the first.
struct PairedImage {
  GstClockTime pts = GST_CLOCK_TIME_NONE;  ///< of an earlier frame
  std::string file;                        ///< or the reference image's file; empty: none
};
PairedImage paired_image(GstBuffer* buffer, const OverlaySettings& settings);

/// Draws the matching results attached to a buffer: all from the first element that attached any.
/// Thread-bound.
class MatchPainter {
 public:
  /// The element owns this object and outlives it.
  explicit MatchPainter(GstElement* element) : element_(element) {}

  /// Draws outlines and trails.
  void draw(GstBuffer* buffer, const OverlaySettings& settings, const Canvas& canvas);
  /// Draws lines between the frame in the left half and the image from `paired_image` in the right
  /// half.
  void draw_pairs(GstBuffer* buffer, const OverlaySettings& settings, const Canvas& canvas);
  /// Draws a line of text for each result, below `line` others.
  static void draw_labels(GstBuffer* buffer, const OverlaySettings& settings, int line,
                          const Canvas& canvas);

  void reset() { has_warned_ = false; }  ///< prepares for another stream

 private:
  void warn_once(const std::string& reason);

  GstElement* const element_;
  bool has_warned_ = false;
};

}  // namespace gsttorch
