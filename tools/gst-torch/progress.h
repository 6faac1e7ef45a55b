// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace gsttorch {

/// How far a run is, at one moment.
struct ProgressState {
  std::uint64_t frames = 0;
  std::optional<std::uint64_t> total;
  double seconds = 0;  ///< since the first frame
};

/// "42 %, 105/250 frames, 5.3 frames/s, 0:27 left", less what is not known.
std::string progress_text(const ProgressState& state);

/// Tells the user on stderr: one line drawn again and again on a terminal, elsewhere a line now and
/// then.
class Progress {
 public:
  Progress();
  void show(const ProgressState& state);
  void finish(const ProgressState& state);  ///< a terminal keeps the last state
  void end_line();                          ///< before something else is said

 private:
  using Clock = std::chrono::steady_clock;

  void print(const ProgressState& state);

  const bool terminal_;
  Clock::time_point last_shown_;
  bool line_open_ = false;
};

}  // namespace gsttorch
