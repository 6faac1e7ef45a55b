// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <optional>

#include "lib/shots/shot_frame.h"

namespace gsttorch {

/// Finds gradual changes as TransNetV2 marks them: a run of frames that its many-hot head marks as
/// part of a change and in which the single-frame head has a peak.
class TransitionRun {
 public:
  struct Run {
    std::int64_t start_position = 0, end_position = 0;
    FramePlace start, middle, end;
    float peak = 0;
  };

  /// Adds a frame; returns the run that ended with the previous frame, if any.
  std::optional<Run> push(std::int64_t position, const FramePlace& place,
                          const TransitionProbabilities& probabilities);
  void clear() { is_open_ = false; }

 private:
  bool is_open_ = false;
  Run run_;
};

}  // namespace gsttorch
