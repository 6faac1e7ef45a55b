// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <gst/gst.h>

#include "gst/analysisoverlay/flow_drawing.h"

namespace gsttorch {

/// What a meter knows, in a few words: "24.1 fps | raftflow0 31.2 ms | CPU 180 % | 512 MiB".
/// `stats` is the property of that name of a perfmeter; what it does not tell is left out.
std::string perf_text(const GstStructure* stats);

/// A line of figures at the foot of the image: those of a perfmeter in the same pipeline, else
/// the rate of the frames that come here. Thread-bound.
class PerfLine {
 public:
  /// The element owns this object, so it outlives it.
  explicit PerfLine(GstElement* element) : element_(element) {}

  void count_frame();
  /// Draws at the foot of the canvas, and returns what is above it.
  Canvas draw(const Canvas& canvas);
  void reset();  ///< for another stream

 private:
  void refresh(std::uint64_t now);

  GstElement* const element_;
  std::string text_;
  std::uint64_t frames_ = 0;  // since the text was made
  std::uint64_t since_ = 0;   // ns; 0: no frame yet
};

}  // namespace gsttorch
