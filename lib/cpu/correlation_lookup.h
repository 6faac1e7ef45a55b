// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <array>
#include <cstdint>

namespace gsttorch {

/// The operands of RAFT's lookup (section 3.2): for each pixel, the correlation with the
/// neighbourhood of a point in the other image, at several resolutions.
struct LookupJob {
  static constexpr int kLevels = 4;
  /// Readable floats that must surround each volume: windows across its borders are read whole.
  static constexpr std::int64_t kMargin = 32;
  static constexpr int kMostRadius = 6;

  struct Level {
    /// Volume: [pixels, height, width], the products of each pixel with all of the other image. On
    /// the fly: features of the other image [height, width, depth].
    const float* data;
    std::int64_t height, width;
  };
  std::array<Level, kLevels> levels;
  const float* features;  ///< on the fly: of the pixels, [pixels, depth]; null: volume
  std::int64_t depth;
  int radius;  ///< at most kMostRadius
  /// Where each pixel is in the other image, in pixels of the first level: x and y of pixel p at
  /// [p step]. A point that is not finite has no neighbours.
  const float *x, *y;
  std::int64_t step;
  bool by_columns;        ///< dy is the fastest index of a window, as in RAFT; otherwise dx
  std::int64_t out_step;  ///< floats from one pixel's windows to the next's

  std::int64_t channels() const {
    const std::int64_t side = 2 * std::int64_t{radius} + 1;
    return kLevels * side * side;
  }
};

}  // namespace gsttorch
