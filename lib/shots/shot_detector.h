// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "lib/shots/shot_boundary.h"

namespace gsttorch {

/// Thread-bound. Decides where shots begin, from what a model says of each frame and from a small
/// luma image of it, as the frames come. docs/design has the rules and why they are so.
///
/// A frame that has probabilities is judged by them, another by its feature, and one with neither
/// by its luma alone.
class ShotDetector {
 public:
  struct Options {
    /// What score makes a boundary, 0 to 1 exclusive. Higher finds less.
    float threshold = 0.5F;
    /// A boundary whose middle is nearer than this to that of the one before, or to the first
    /// frame, is dropped; ns. Frames without a time count as 40 ms.
    std::int64_t min_shot_duration = 200'000'000;
    /// How many later frames a frame's decision waits for, 1 to 32. Flashes of up to this many
    /// frames are no cuts.
    unsigned look_ahead = 8;
    /// Cosine distances below this are the model's noise, never a cut. The model's, not the user's.
    float distance_floor = 0.02F;
  };

  explicit ShotDetector(const Options& options);
  ~ShotDetector();
  ShotDetector(ShotDetector&&) noexcept;
  ShotDetector& operator=(ShotDetector&&) noexcept;

  /// Takes a frame; returns what is decided by it: nothing for the first look_ahead() frames, then
  /// one decision for each frame, look_ahead() frames late.
  std::vector<ShotDecision> push(const ShotFrame& frame);

  /// The decisions of the frames up to this number, by the later frames that there are. Unlike
  /// after finish(), the sequence continues.
  std::vector<ShotDecision> decide_until(std::uint64_t number);

  /// No further frames of this sequence will come (end of stream, DISCONT, segment, caps): the
  /// decisions still due. The next frame begins a new sequence, and is no cut.
  std::vector<ShotDecision> finish();

  /// As finish(), but what is still due is dropped (flush).
  void reset();

  unsigned look_ahead() const;
  /// Frames pushed whose decision has not left yet.
  std::size_t pending() const;

  void set_threshold(float threshold);
  void set_min_shot_duration(std::int64_t duration);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gsttorch
