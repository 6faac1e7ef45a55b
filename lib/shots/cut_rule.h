// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>

#include "lib/shots/frame_window.h"

namespace gsttorch {

/// Decides whether a shot begins with a given frame. Every test yields the ratio r of the measured
/// to the required value; the smallest r decides, and r / (1 + r) is the score: 0.5 at the limit.
class CutRule {
 public:
  struct Options {
    unsigned look_ahead = 8;
    float distance_floor = 0.02F;
  };

  struct Evidence {
    float score = 0;     ///< 0 to 1
    float distance = 0;  ///< see ShotDecision::distance
  };

  explicit CutRule(const Options& options) : options_(options) {}

  /// Judges the frame at `position`, with as many later frames as the window contains.
  Evidence judge(const FrameWindow& window, std::int64_t position) const;

 private:
  float step(const FrameWindow& window, std::int64_t position) const;
  float luma_ratio(const FrameWindow& window, std::int64_t position) const;
  float isolation_ratio(const FrameWindow& window, std::int64_t position) const;
  float outlier_ratio(const FrameWindow& window, std::int64_t position) const;
  float probability_ratio(const FrameWindow& window, std::int64_t position) const;
  float persistence_ratio(const FrameWindow& window, std::int64_t position) const;
  static float replacement_ratio(const FrameWindow& window, std::int64_t position);
  std::int64_t last(const FrameWindow& window, std::int64_t position) const;

  Options options_;
};

}  // namespace gsttorch
