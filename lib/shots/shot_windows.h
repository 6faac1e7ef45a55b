// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "lib/engine/thumbnail.h"

namespace gsttorch {

/// Cuts a stream of frames into the windows that TransNetV2 wants: 100 frames, of which the middle
/// 50 are kept, since the others lack neighbours. Before the first frame and behind the last one
/// stand copies of them. It never holds more than one window. Thread-bound.
class ShotWindows {
 public:
  static constexpr std::size_t kLength = 100;
  static constexpr std::size_t kMargin = 25;
  static constexpr std::size_t kStep = 50;
  /// A frame is decided when at most so many later ones have come.
  static constexpr std::size_t kLookAhead = kLength - kMargin - 1;

  struct Window {
    std::vector<Thumbnail> frames;  ///< kLength
    std::size_t first = 0;          ///< the frames to be kept: frames[first] and
    std::size_t count = 0;          ///< so many, the oldest that are undecided
  };

  /// Adds a frame. The window that it completes, or nothing.
  std::optional<Window> push(const Thumbnail& frame);

  /// No frame comes for now: a window for the oldest undecided frames, or nothing once all are
  /// decided. A stream that continues all the same finds its last frames as neighbours.
  std::optional<Window> finish();

  void reset() { *this = ShotWindows(); }

 private:
  Window take(std::size_t count);

  std::deque<Thumbnail> frames_;  // kMargin decided ones or copies, then the undecided
};

}  // namespace gsttorch
