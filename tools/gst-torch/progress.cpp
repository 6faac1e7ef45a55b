// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/progress.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <unistd.h>

namespace gsttorch {
namespace {

constexpr std::chrono::milliseconds kTerminalInterval{200};
constexpr std::chrono::seconds kLogInterval{5};

std::string clock_text(double seconds) {
  const auto whole = static_cast<long>(std::lround(std::max(0.0, seconds)));
  char text[32];
  if (whole >= 3600) {
    std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
  } else {
    std::snprintf(text, sizeof text, "%ld:%02ld", whole / 60, whole % 60);
  }
  return text;
}

std::string rate_text(double frames_per_second) {
  char text[48];
  std::snprintf(text, sizeof text, ", %.1f frames/s", frames_per_second);
  return text;
}

}  // namespace

std::string progress_text(const ProgressState& state) {
  // A header may promise fewer frames than there are: then it tells nothing any more.
  const bool total_known = state.total && *state.total >= state.frames && *state.total > 0;
  std::string text;
  if (total_known) {
    text = std::to_string(100 * state.frames / *state.total) + " %, " +
           std::to_string(state.frames) + "/" + std::to_string(*state.total) + " frames";
  } else {
    text = std::to_string(state.frames) + " frames";
  }
  if (state.frames < 2 || state.seconds <= 0) return text;
  const double rate = static_cast<double>(state.frames - 1) / state.seconds;
  text += rate_text(rate);
  if (total_known) {
    text += ", " + clock_text(static_cast<double>(*state.total - state.frames) / rate) + " left";
  }
  return text;
}

Progress::Progress() : terminal_(isatty(STDERR_FILENO) == 1), last_shown_(Clock::now()) {}

void Progress::show(const ProgressState& state) {
  const Clock::time_point now = Clock::now();
  const Clock::duration interval = terminal_ ? Clock::duration(kTerminalInterval) : kLogInterval;
  if (now - last_shown_ < interval) return;
  last_shown_ = now;
  print(state);
}

void Progress::print(const ProgressState& state) {
  // On a terminal: back to the start, and clear what a longer text left behind.
  std::fprintf(stderr, terminal_ ? "\r%s\033[K" : "%s\n", progress_text(state).c_str());
  line_open_ = terminal_;
}

void Progress::finish(const ProgressState& state) {
  if (terminal_) print(state);
  end_line();
}

void Progress::end_line() {
  if (line_open_) std::fputc('\n', stderr);
  line_open_ = false;
}

}  // namespace gsttorch
