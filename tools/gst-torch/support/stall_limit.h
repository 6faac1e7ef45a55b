// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace gsttorch {

/// How long the work on a video may make no progress before it is ended: the option
/// `--stall-timeout`. After a signal it may finish the frame in work and what it writes at the end.
class StallLimit {
 public:
  using Clock = std::chrono::steady_clock;

  /// `timeout` 0: no limit, except after a signal.
  explicit StallLimit(std::chrono::seconds timeout) : timeout_(timeout) {}

  bool is_exceeded(Clock::duration silence, bool is_interrupted) const;

 private:
  std::chrono::seconds timeout_;
};

/// The time since `start` that counts as silence. Time for which the whole process was stopped, as
/// by Ctrl-Z, does not: call it a few times a second.
StallLimit::Clock::duration silence_since(StallLimit::Clock::time_point start);

/// "no progress for 60 s <place> (--stall-timeout sets this time)"
std::string stall_text(StallLimit::Clock::duration silence, const std::string& place);

}  // namespace gsttorch
