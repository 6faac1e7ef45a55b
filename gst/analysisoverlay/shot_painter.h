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

/// Whether a frame carries a result of shot detection that these settings let be drawn.
bool has_drawable_shot(GstBuffer* buffer, const OverlaySettings& settings);

/// Draws the number of the shot, and the scores of the last frames as a strip: a column for each,
/// the newest on the right, a line where the threshold is, boundaries as bars. Thread-bound.
class ShotPainter {
 public:
  /// Takes down the result of a frame, whether it will be drawn or not. Each frame once.
  void observe(GstBuffer* buffer, const OverlaySettings& settings);
  /// Draws what the buffer says, and the strip of the frames that were taken down.
  void draw(GstBuffer* buffer, const OverlaySettings& settings, const Canvas& canvas) const;

  void reset() { scores_.clear(); }  ///< for another stream

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
