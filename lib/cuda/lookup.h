// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cmath>
#include <cstdint>

#include "lib/cuda/host_device.h"
#include "lib/cuda/kernel_parameters.h"

namespace gsttorch {

/// Steps of a lookup, as in Correlation::lookup in lib/nn/raft/correlation.h: the (2r+2)^2 samples
/// around a point have one fractional offset in common and are blended into (2r+1)^2 values.

/// Position of a window: its first sample and the fractional offset of all its points.
struct LookupWindow {
  int x0, y0;
  float fx, fy;
};

/// `pixel` is an index over the whole batch.
GSTTORCH_HOST_DEVICE LookupWindow lookup_window(const CorrelationLookup& s, std::int64_t pixel,
                                                int level) {
  // A diverged point (also NaN) counts as far outside, where all samples are zero.
  constexpr float kFar = 1e6F;
  const float* point = s.points + pixel / s.pixels * 2 * s.pixels + pixel % s.pixels;
  const float scale = 1.F / static_cast<float>(1 << level);
  const float x = point[0] * scale, y = point[s.pixels] * scale;
  if (!(fabsf(x) < kFar) || !(fabsf(y) < kFar)) return {-1000000, -1000000, 0, 0};
  const float floor_x = floorf(x), floor_y = floorf(y);
  return {static_cast<int>(floor_x) - s.radius, static_cast<int>(floor_y) - s.radius, x - floor_x,
          y - floor_y};
}

GSTTORCH_HOST_DEVICE std::int64_t cells_of(const CorrelationLookup& s, int level) {
  return std::int64_t{s.heights[level]} * s.widths[level];
}

/// If on_the_fly, the sample at a cell is the dot product of these two vectors of s.depth features.
GSTTORCH_HOST_DEVICE const float* pixel_features(const CorrelationLookup& s, std::int64_t pixel) {
  return s.first + pixel * s.depth;
}
GSTTORCH_HOST_DEVICE const float* cell_features(const CorrelationLookup& s, std::int64_t pixel,
                                                int level, std::int64_t cell) {
  return s.levels[level] + (pixel / s.pixels * cells_of(s, level) + cell) * s.depth;
}

/// Returns value `channel` of a level: (dx, dy) with dy varying fastest. `samples` are the
/// window's.
GSTTORCH_HOST_DEVICE float lookup_value(const float* samples, const LookupWindow& window,
                                        int radius, int channel) {
  const int side = 2 * radius + 2, last = side - 1;
  const float* at = samples + channel % last * side + channel / last;
  const float above = at[0] * (1 - window.fx) + at[1] * window.fx;
  const float below = at[side] * (1 - window.fx) + at[side + 1] * window.fx;
  return above * (1 - window.fy) + below * window.fy;
}

}  // namespace gsttorch
