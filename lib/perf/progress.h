// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

namespace gsttorch {

/// One of the steps that every frame goes through, and how many came out of it.
struct ProgressStage {
  std::string name;  ///< "decode", "raftflow0", "write"
  std::uint64_t frames = 0;
};

/// How far a run is, at one moment.
struct ProgressState {
  std::uint64_t frames = 0;
  std::optional<std::uint64_t> total;  ///< frames there will be, as far as a header tells
  double seconds = 0;                  ///< since the first frame
  /// What part of the stream is done, 0 to 1, where time tells it and no number of frames; and what
  /// part of it was done, or left out, before the first frame.
  std::optional<double> share{};
  double share_at_start = 0;
  std::vector<ProgressStage> stages{};
};

/// 0 to 1. A header may promise fewer frames than there are: then it tells nothing any more.
std::optional<double> done_share(const ProgressState& state);
/// Frames per second since the first; from the second on.
std::optional<double> frame_rate(const ProgressState& state);
/// Until the end, at the pace since the first frame.
std::optional<double> seconds_left(const ProgressState& state);

/// "42 %, 105/250 frames, 5.3 frames/s, 0:27 left | decode 120, raftflow0 105", less what is not
/// known.
std::string format_progress(const ProgressState& state);

/// Tells the user on stderr: one line drawn again and again on a terminal, elsewhere a line now and
/// then. Thread-bound.
class Progress {
 public:
  Progress();
  void show(const ProgressState& state);    ///< now and then: most calls do nothing
  void finish(const ProgressState& state);  ///< the last state stays to be read
  void end_line();                          ///< before something else is said

 private:
  using Clock = std::chrono::steady_clock;

  void print(const ProgressState& state);

  const bool terminal_;
  Clock::time_point last_shown_;
  bool line_open_ = false;
};

}  // namespace gsttorch
