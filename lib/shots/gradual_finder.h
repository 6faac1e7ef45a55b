// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lib/shots/dissolve_rule.h"
#include "lib/shots/fade_tracker.h"
#include "lib/shots/frame_window.h"
#include "lib/shots/shot_boundary.h"
#include "lib/shots/transition_run.h"

namespace gsttorch {

/// All that is known of gradual changes in a sequence: fades, dissolves and wipes by their
/// arithmetic, and TransNetV2's marks. Where accounts of one change overlap, that of the fade goes
/// before that of the dissolve, and this before the model's. Thread-bound.
class GradualFinder {
 public:
  struct Options {
    float threshold = 0.5F;
    float distance_floor = 0.02F;
  };

  /// A change with its positions in the sequence; [start, end) as in ShotBoundary.
  struct Change {
    std::int64_t start = 0, end = 0;
    ShotBoundary boundary;
    int rank = 0;
  };

  explicit GradualFinder(const Options& options);

  /// Looks at the window's newest frame.
  void push(const FrameWindow& window);
  /// No further frame will come.
  void finish(const FrameWindow& window);
  void clear();
  void set_threshold(float threshold) { options_.threshold = threshold; }

  /// Takes out the changes that end at `position` or before it, by their ends.
  std::vector<Change> take(std::int64_t position);
  /// Whether a change that is known, or continuing, has this frame in it or beside it. One that
  /// begins before `since`, where the present shot does, is none.
  bool covers(std::int64_t position, std::int64_t since) const;

 private:
  void follow_fades(const FrameWindow& window);
  void follow_dissolve(const FrameWindow& window);
  void follow_run(const FrameWindow& window);
  void add_fade(const FrameWindow& window, const FadeTracker::Fade& fade);
  void add(const Change& change);
  bool is_clear(const FrameWindow& window, const DissolveRule::Span& span) const;
  bool in_open_fade(const Change& change) const;

  Options options_;
  DissolveRule dissolves_;
  FadeTracker black_{FadeTracker::Colour::Black};
  FadeTracker white_{FadeTracker::Colour::White};
  TransitionRun run_;
  std::optional<Change> dissolve_;  // may still turn out to be part of a larger one
  float dissolve_difference_ = 0;
  std::int64_t dissolve_found_ = 0;
  std::vector<Change> known_;  // none overlaps another
};

}  // namespace gsttorch
