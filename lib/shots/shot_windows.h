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
/// the stream at either end. Returns one or more consecutive windows at once, and buffers at most
/// as many frames as these contain. Thread-bound.
class ShotWindows {
 public:
  static constexpr std::size_t kLength = 100;
  static constexpr std::size_t kMargin = 25;
  static constexpr std::size_t kStep = 50;

  /// `at_once`: how many windows `push` waits for.
  explicit ShotWindows(std::size_t at_once = 1) : at_once_(at_once) {}

  /// Maximum number of later frames that a decision waits for.
  std::size_t look_ahead() const { return length_of(at_once_) - kMargin - 1; }

  struct Batch {
    std::vector<Thumbnail> frames;  ///< of all windows: those that two of them share once
    std::size_t windows = 0;
    std::size_t count = 0;  ///< number of frames whose results are used, the oldest undecided ones

    /// Where the model's results for all windows contain that of the i-th of these frames.
    static std::size_t index(std::size_t i) { return i / kStep * kLength + kMargin + i % kStep; }
    /// Where `frames` contains that frame.
    static std::size_t frame(std::size_t i) { return kMargin + i; }
  };

  /// Adds a frame; returns the windows that it completes, if any.
  std::optional<Batch> push(const Thumbnail& frame);

  /// Call it when no frame comes for now: returns windows for the oldest undecided frames, or
  /// nothing once all are decided. If the stream continues, its last frames are still available as
  /// neighbours.
  std::optional<Batch> finish();

  void reset() { *this = ShotWindows(at_once_); }

 private:
  static constexpr std::size_t length_of(std::size_t windows) {
    return kLength + (windows - 1) * kStep;
  }
  Batch take(std::size_t count);

  std::size_t at_once_;
  std::deque<Thumbnail> frames_;  // kMargin decided frames or copies, then the undecided ones
};

}  // namespace gsttorch
