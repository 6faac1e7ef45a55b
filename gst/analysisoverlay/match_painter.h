// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include <gst/gst.h>

#include "gst/analysisoverlay/flow_drawing.h"
#include "gst/analysisoverlay/overlay_settings.h"

namespace gsttorch {

/// Whether a frame carries a matching result that these settings let be drawn.
bool has_drawable_match(GstBuffer* buffer, const OverlaySettings& settings);

/// The image that a frame is to be shown beside: of the results with matches that with most
/// inliers, or most matches where no geometry was checked; of equals the first.
struct PairedImage {
  GstClockTime pts = GST_CLOCK_TIME_NONE;  ///< of an earlier frame
  std::string file;                        ///< or a reference image's; empty: none
};
PairedImage paired_image(GstBuffer* buffer, const OverlaySettings& settings);

/// Draws the matching results that lie on a buffer: all of the first element that has some.
/// Thread-bound.
class MatchPainter {
 public:
  /// The element owns this object, so it outlives it.
  explicit MatchPainter(GstElement* element) : element_(element) {}

  /// Outlines and trails.
  void draw(GstBuffer* buffer, const OverlaySettings& settings, const Canvas& canvas);
  /// Lines between the frame in the left half and the other one, of `paired_picture`, in the
  /// right half.
  void draw_pairs(GstBuffer* buffer, const OverlaySettings& settings, const Canvas& canvas);
  /// A line of text for each result, below `line` others.
  static void draw_labels(GstBuffer* buffer, const OverlaySettings& settings, int line,
                          const Canvas& canvas);

  void reset() { has_warned_ = false; }  ///< for another stream

 private:
  void warn_once(const std::string& reason);

  GstElement* const element_;
  bool has_warned_ = false;
};

}  // namespace gsttorch
