// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <gst/gst.h>

#include "gst/analysisoverlay/flow_drawing.h"

namespace gsttorch {

/// Formats a meter's main values: "24.1 fps | raftflow0 31.2 ms | CPU 180 % | 512 MiB". `stats` is
/// the property of a perfmeter; values missing there are omitted.
std::string perf_text(const GstStructure* stats);

/// Draws a line of text at the bottom of the image: values of a perfmeter in the same pipeline, or,
/// without one, the rate of this element's frames. Thread-bound.
class PerfLine {
 public:
  /// The element owns this object and outlives it.
  explicit PerfLine(GstElement* element) : element_(element) {}

  void count_frame();
  /// Draws at the bottom of the canvas and returns the part above the text.
  Canvas draw(const Canvas& canvas);
  void reset();  ///< prepares for another stream

 private:
  void refresh(std::uint64_t now);

  GstElement* const element_;
  std::string text_;
  std::uint64_t frames_ = 0;  // since the text was last updated
  std::uint64_t since_ = 0;   // ns; 0: no frame yet
};

}  // namespace gsttorch
