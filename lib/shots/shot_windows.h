// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "lib/engine/thumbnail.h"

namespace gsttorch {

/// Splits a stream of frames into TransNetV2's windows: 100 frames, of which only the results of
/// the middle 50 are used, since the others lack neighbours. Copies of the first and last frame pad
/// the stream at either end. Buffers at most one window. Thread-bound.
class ShotWindows {
 public:
  static constexpr std::size_t kLength = 100;
  static constexpr std::size_t kMargin = 25;
  static constexpr std::size_t kStep = 50;
  /// Maximum number of later frames that a decision waits for.
  static constexpr std::size_t kLookAhead = kLength - kMargin - 1;

  struct Window {
    std::vector<Thumbnail> frames;  ///< kLength
    std::size_t first = 0;          ///< index of the first frame whose result is used
    std::size_t count = 0;          ///< number of such frames, the oldest undecided ones
  };

  /// Adds a frame; returns the window that it completes, if any.
  std::optional<Window> push(const Thumbnail& frame);

  /// Call it when no frame comes for now: returns a window for the oldest undecided frames, or
  /// nothing once all are decided. If the stream continues, its last frames are still available as
  /// neighbours.
  std::optional<Window> finish();

  void reset() { *this = ShotWindows(); }

 private:
  Window take(std::size_t count);

  std::deque<Thumbnail> frames_;  // kMargin decided frames or copies, then the undecided ones
};

}  // namespace gsttorch
