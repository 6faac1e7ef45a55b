// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <optional>

#include "lib/shots/frame_window.h"

namespace gsttorch {

/// Finds gradual changes arithmetically: while one shot replaces another, each frame lies between a
/// frame before (S) and a frame after (E); in a dissolve as (1 - a) S + a E with a rising from 0 to
/// 1, in a wipe with some pixels from each. Frames of a pan do not.
class DissolveRule {
 public:
  explicit DissolveRule(float distance_floor) : distance_floor_(distance_floor) {}

  struct Span {
    std::int64_t start = 0;  ///< as Boundary, positions in the window
    std::int64_t middle = 0;
    std::int64_t end = 0;
    float score = 0;       ///< 0 to 1, 0.5 at the limit
    float difference = 0;  ///< mean squared, between the frames before and after the change
  };

  /// Frames after the last frame of a change that are needed to detect it.
  static constexpr std::int64_t kMargin = 3;

  /// Finds the change whose last frame is `kMargin` frames before the window's newest and whose
  /// score is at least `least`. Of several, returns the one with the largest difference: parts of a
  /// dissolve look like dissolves too.
  std::optional<Span> find(const FrameWindow& window, float least) const;

 private:
  Span judge(const FrameWindow& window, std::int64_t before, std::int64_t after) const;
  static float misfit(const FrameWindow& window, std::int64_t before, std::int64_t after,
                      std::int64_t at);
  static float worst_misfit(const FrameWindow& window, std::int64_t before, std::int64_t after);

  float distance_floor_;
};

}  // namespace gsttorch
