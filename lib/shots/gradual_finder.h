// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lib/shots/dissolve_rule.h"
#include "lib/shots/fade_tracker.h"
#include "lib/shots/frame_window.h"
#include "lib/shots/shot_frame.h"
#include "lib/shots/transition_run.h"

namespace gsttorch {

/// Collects the gradual changes of a sequence: fades, dissolves and wipes found arithmetically, and
/// those marked by TransNetV2. If several detections overlap, a fade takes precedence over a
/// dissolve, and a dissolve over the model's. Thread-bound.
class GradualFinder {
 public:
  struct Options {
    float threshold = 0.5F;
    float distance_floor = 0.02F;
  };

  /// A change with its positions in the sequence; [start, end) as in Boundary.
  struct Change {
    std::int64_t start = 0, end = 0;
    Boundary boundary;
    int rank = 0;
  };

  explicit GradualFinder(const Options& options);

  /// Processes the window's newest frame.
  void push(const FrameWindow& window);
  /// Ends the sequence: no further frame will come.
  void finish(const FrameWindow& window);
  void clear();
  void set_threshold(float threshold) { options_.threshold = threshold; }

  /// Removes the changes that end at or before `position` and returns them, sorted by their ends.
  std::vector<Change> take(std::int64_t position);
  /// Returns true if a detected or ongoing change contains this frame or is next to it. Ignores
  /// changes that begin before `since`, the start of the present shot.
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
  std::vector<Change> known_;  // do not overlap
};

}  // namespace gsttorch
