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

/// A stage that every frame passes through, and the number of frames that it has finished.
struct ProgressStage {
  std::string name;  ///< "decode", "raftflow0", "write"
  std::uint64_t frames = 0;
};

/// Progress of a run at one moment.
struct ProgressState {
  std::uint64_t frames = 0;
  std::optional<std::uint64_t> total;  ///< expected number of frames, if a header states it
  double seconds = 0;                  ///< since the first frame
  /// Completed share of the stream, 0 to 1, if only time and no number of frames gives it; and the
  /// share that was completed or skipped before the first frame.
  std::optional<double> share{};
  double share_at_start = 0;
  std::vector<ProgressStage> stages{};
};

/// Returns 0 to 1. A total from a header is ignored once more frames than that have arrived.
std::optional<double> done_share(const ProgressState& state);
/// Frames per second since the first frame; known from the second frame on.
std::optional<double> frame_rate(const ProgressState& state);
/// Time until the end at the average rate since the first frame.
std::optional<double> seconds_left(const ProgressState& state);

/// "42 %, 105/250 frames, 5.3 frames/s, 0:27 left | decode 120, raftflow0 105"; omits unknown
/// values.
std::string format_progress(const ProgressState& state);

/// Reports progress on stderr: redraws one line on a terminal, otherwise prints a line now and
/// then. With a label, which all its lines begin with, it never redraws. Thread-bound.
class Progress {
 public:
  explicit Progress(std::string label = "");
  void show(const ProgressState& state);    ///< rate-limited: most calls do nothing
  void finish(const ProgressState& state);  ///< prints the last state and leaves it visible
  void end_line();                          ///< call it before other output

 private:
  using Clock = std::chrono::steady_clock;

  void print(const ProgressState& state);

  const std::string label_;
  const bool terminal_;
  Clock::time_point last_shown_;
  bool line_open_ = false;
};

}  // namespace gsttorch
