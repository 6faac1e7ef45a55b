// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <numeric>
#include <vector>

#include "lib/cuda/lookup.h"

namespace gsttorch {

/// Index in its level of sample `index` of a window; -1 outside, where everything is zero.
inline std::int64_t lookup_cell(const CorrelationLookup& s, const LookupWindow& window, int level,
                                int index) {
  const int side = 2 * s.radius + 2;
  const int x = window.x0 + index % side, y = window.y0 + index / side;
  const bool inside = x >= 0 && x < s.widths[level] && y >= 0 && y < s.heights[level];
  return inside ? std::int64_t{y} * s.widths[level] + x : -1;
}

/// Reads a cell's sample from the volume.
inline float volume_sample(const CorrelationLookup& s, std::int64_t pixel, int level,
                           std::int64_t cell) {
  return s.levels[level][pixel * cells_of(s, level) + cell];
}

inline float sample_on_cpu(const CorrelationLookup& s, std::int64_t pixel, int level,
                           std::int64_t cell) {
  if (cell < 0) return 0;
  if (!s.on_the_fly) return volume_sample(s, pixel, level, cell);
  const float* a = pixel_features(s, pixel);
  return std::inner_product(a, a + s.depth, cell_features(s, pixel, level, cell), 0.F);
}

/// Performs the lookup on the CPU in the kernel's steps, except for the order of cells:
/// [B, pixels, channels].
inline std::vector<float> look_up_on_cpu(const CorrelationLookup& s) {
  const int side = 2 * s.radius + 2, values = (side - 1) * (side - 1);
  std::vector<float> samples(static_cast<std::size_t>(side * side)), out;
  for (std::int64_t pixel = 0; pixel < s.batch * s.pixels; pixel++) {
    for (int level = 0; level < CorrelationLookup::kLevels; level++) {
      const LookupWindow window = lookup_window(s, pixel, level);
      for (int i = 0; i < side * side; i++) {
        samples[i] = sample_on_cpu(s, pixel, level, lookup_cell(s, window, level, i));
      }
      for (int c = 0; c < values; c++) {
        out.push_back(lookup_value(samples.data(), window, s.radius, c));
      }
    }
  }
  return out;
}

}  // namespace gsttorch
