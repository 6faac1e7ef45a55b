// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/shots/transition_run.h"

namespace gsttorch {
namespace {

constexpr float kMarked = 0.5F;
constexpr std::int64_t kShortest = 4;  // shorter runs are cuts

}  // namespace

std::optional<TransitionRun::Run> TransitionRun::push(
    std::int64_t position, const FramePlace& place, const TransitionProbabilities& probabilities) {
  if (probabilities.any_frame >= kMarked) {
    if (!is_open_) run_ = {position, position, place, place, place, 0};
    is_open_ = true;
    if (probabilities.last_frame > run_.peak) {
      run_.peak = probabilities.last_frame;
      run_.middle = place;
    }
    return std::nullopt;
  }
  if (!is_open_) return std::nullopt;
  is_open_ = false;
  run_.end = place;
  run_.end_position = position;
  if (position - run_.start_position < kShortest) return std::nullopt;
  return run_;
}

}  // namespace gsttorch
