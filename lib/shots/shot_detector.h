// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "lib/shots/shot_frame.h"

namespace gsttorch {

/// Decides incrementally where shots begin, from a model's output for each frame and from a small
/// luma image of it. docs/design has the rules and the reasons for them. Thread-bound.
///
/// A frame with probabilities is judged by them, a frame with only a feature by that feature, and a
/// frame with neither by its luma alone.
class ShotDetector {
 public:
  struct Options {
    /// Minimum score of a boundary, 0 to 1 exclusive. A higher value finds fewer.
    float threshold = 0.5F;
    /// A boundary whose middle is closer than this to that of the previous one, or to the first
    /// frame, is dropped; ns. A frame without a timestamp counts as 40 ms.
    std::int64_t min_shot_duration = 200'000'000;
    /// Number of later frames that a decision waits for, 1 to 32. Flashes of up to this many frames
    /// are not cuts.
    unsigned look_ahead = 8;
    /// Cosine distances below this are the model's noise and never a cut. Set by the model, not by
    /// the user.
    float distance_floor = 0.02F;
  };

  explicit ShotDetector(const Options& options);
  ~ShotDetector();
  ShotDetector(ShotDetector&&) noexcept;
  ShotDetector& operator=(ShotDetector&&) noexcept;

  /// Adds a frame and returns the decisions that are now due: none for the first look_ahead()
  /// frames, then one for each frame, look_ahead() frames late.
  std::vector<ShotDecision> push(const ShotFrame& frame);

  /// Decides all frames up to this number with the later frames available. Unlike after finish(),
  /// the sequence continues.
  std::vector<ShotDecision> decide_until(std::uint64_t number);

  /// Ends the sequence (end of stream, DISCONT, segment, caps) and returns the remaining decisions.
  /// The next frame begins a new sequence and is not a cut.
  std::vector<ShotDecision> finish();

  /// Like finish(), but drops the remaining decisions (flush).
  void reset();

  unsigned look_ahead() const;
  /// Number of frames pushed whose decisions have not been returned yet.
  std::size_t pending() const;

  void set_threshold(float threshold);
  void set_min_shot_duration(std::int64_t duration);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gsttorch
