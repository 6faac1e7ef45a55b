// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/perf/progress.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <sys/ioctl.h>
#include <unistd.h>

namespace gsttorch {
namespace {

constexpr std::chrono::milliseconds kTerminalInterval{200};
constexpr std::chrono::seconds kLogInterval{5};

std::string format_clock(double seconds) {
  const auto whole = static_cast<long>(std::lround(std::max(0.0, seconds)));
  char text[32];
  if (whole >= 3600) {
    std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
  } else {
    std::snprintf(text, sizeof text, "%ld:%02ld", whole / 60, whole % 60);
  }
  return text;
}

std::string format_rate(double frames_per_second) {
  char text[48];
  std::snprintf(text, sizeof text, ", %.1f frames/s", frames_per_second);
  return text;
}

// A total smaller than the current count is useless.
bool is_total_known(const ProgressState& state) {
  return state.total && *state.total >= state.frames && *state.total > 0;
}

std::string format_stages(const std::vector<ProgressStage>& stages) {
  std::string text;
  for (const ProgressStage& stage : stages) {
    text.append(text.empty() ? " | " : ", ").append(stage.name);
    text.append(" ").append(std::to_string(stage.frames));
  }
  return text;
}

// A line that wraps cannot be redrawn.
std::string cut_to_terminal(const std::string& text) {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 2) return text;
  return text.substr(0, size.ws_col - 1);
}

}  // namespace

std::optional<double> done_share(const ProgressState& state) {
  if (is_total_known(state)) {
    return static_cast<double>(state.frames) / static_cast<double>(*state.total);
  }
  if (!state.share || !std::isfinite(*state.share)) return std::nullopt;
  return std::clamp(*state.share, 0.0, 1.0);
}

std::optional<double> frame_rate(const ProgressState& state) {
  if (state.frames < 2 || state.seconds <= 0) return std::nullopt;
  return static_cast<double>(state.frames - 1) / state.seconds;
}

std::optional<double> seconds_left(const ProgressState& state) {
  const auto rate = frame_rate(state);
  if (!rate) return std::nullopt;
  if (is_total_known(state)) return static_cast<double>(*state.total - state.frames) / *rate;
  const auto share = done_share(state);
  if (!share || *share <= state.share_at_start) return std::nullopt;
  return state.seconds * (1 - *share) / (*share - state.share_at_start);
}

std::string format_progress(const ProgressState& state) {
  std::string text;
  if (const auto share = done_share(state)) {
    text.append(std::to_string(static_cast<int>(100 * *share))).append(" %, ");
  }
  text.append(std::to_string(state.frames));
  if (is_total_known(state)) text.append("/").append(std::to_string(*state.total));
  text.append(" frames");
  if (const auto rate = frame_rate(state)) text += format_rate(*rate);
  if (const auto left = seconds_left(state))
    text.append(", ").append(format_clock(*left)).append(" left");
  return text + format_stages(state.stages);
}

Progress::Progress(std::string label)
    : label_(std::move(label)),
      terminal_(label_.empty() && isatty(STDERR_FILENO) == 1),
      last_shown_(Clock::now()) {}

void Progress::show(const ProgressState& state) {
  const Clock::time_point now = Clock::now();
  const Clock::duration interval = terminal_ ? Clock::duration(kTerminalInterval) : kLogInterval;
  if (now - last_shown_ < interval) return;
  last_shown_ = now;
  print(state);
}

void Progress::print(const ProgressState& state) {
  const std::string text = format_progress(state);
  if (terminal_) {
    // Writes over the old text in one call and clears only the rest after it, so that the line does
    // not flicker.
    std::fprintf(stderr, "\r%s\033[K", cut_to_terminal(text).c_str());
    std::fflush(stderr);
  } else {
    std::fprintf(stderr, "%s%s\n", label_.c_str(), text.c_str());
  }
  line_open_ = terminal_;
}

void Progress::finish(const ProgressState& state) {
  print(state);
  end_line();
}

void Progress::end_line() {
  if (line_open_) std::fputc('\n', stderr);
  line_open_ = false;
}

}  // namespace gsttorch
