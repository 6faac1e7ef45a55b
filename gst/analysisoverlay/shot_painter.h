// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <deque>
#include <string>

#include <gst/gst.h>

#include "gst/analysisoverlay/flow_drawing.h"
#include "gst/analysisoverlay/overlay_settings.h"

namespace gsttorch {

/// Returns true if a frame has a shot detection result that these settings allow to be drawn.
bool has_drawable_shot(GstBuffer* buffer, const OverlaySettings& settings);

/// Draws the number of the shot and a strip with the scores of the last frames: a column per frame,
/// the newest on the right, a line at the threshold, boundaries as bars. Thread-bound.
class ShotPainter {
 public:
  /// Records the result of a frame, whether or not it will be drawn. Call it once per frame.
  void observe(GstBuffer* buffer, const OverlaySettings& settings);
  /// Draws the buffer's result and the strip of the recorded scores.
  void draw(GstBuffer* buffer, const OverlaySettings& settings, const Canvas& canvas) const;

  void reset() { scores_.clear(); }  ///< prepares for another stream

 private:
  struct Score {
    double value = 0;
    double threshold = 0;
    bool is_boundary = false;
  };
  void draw_strip(const Canvas& canvas) const;

  std::deque<Score> scores_;
};

}  // namespace gsttorch
