// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "lib/formats/flow_view.h"

namespace gsttorch {

using Rgb = std::array<std::uint8_t, 3>;

/// Maps vectors to colours: hue is direction, saturation is length, white is no motion. Uses the
/// Middlebury colour wheel (Baker et al., "A Database and Evaluation Methodology for Optical Flow",
/// IJCV 2011): a vector of max_magnitude is fully saturated, longer ones are darker, unknown ones
/// black.
struct FlowColoring {
  float max_magnitude = 1;  ///< pixels, after scaling; must be > 0
  float scale_x = 1;        ///< from the view's pixels to the drawn pixels
  float scale_y = 1;
};

Rgb flow_color(FlowVector vector, const FlowColoring& coloring);

/// Colours a whole array into `height` rows of width * 3 bytes (R, G, B) that are `stride` bytes
/// apart.
/// Differs from `flow_color` by at most one level.
void color_flow(const FlowView& flow, const FlowColoring& coloring, std::uint8_t* rgb,
                std::ptrdiff_t stride);

/// Returns the scaled length below which nearly all known vectors lie (the 99th percentile of a
/// sample); 0 if no vector is known.
float robust_magnitude(const FlowView& flow, float scale_x = 1, float scale_y = 1);

/// Chooses max_magnitude for successive frames: follows `robust_magnitude` slowly, so that colours
/// do not flicker. Not thread-safe.
class FlowRange {
 public:
  /// Returns at least one pixel, so that the flow a model computes for a still image stays pale.
  float update(const FlowView& flow, float scale_x, float scale_y);
  void reset() { magnitude_ = 0; }

 private:
  float magnitude_ = 0;
};

}  // namespace gsttorch
