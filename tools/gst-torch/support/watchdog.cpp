// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/support/watchdog.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <optional>

#include <unistd.h>

#include "tools/gst-torch/support/element_tracer.h"
#include "tools/gst-torch/support/exit_status.h"
#include "tools/gst-torch/support/interrupt.h"
#include "tools/gst-torch/support/stall_limit.h"

namespace gsttorch {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

constexpr std::chrono::milliseconds kInterval{100};

std::atomic<std::uint64_t> frames{0};

/// Returns the time that passed; nothing once the thread is to end.
std::optional<Clock::duration> sleep(const std::stop_token& stop) {
  const Clock::time_point start = Clock::now();
  std::mutex mutex;
  std::condition_variable_any woken;
  std::unique_lock lock(mutex);
  woken.wait_for(lock, stop, kInterval, [] { return false; });
  if (stop.stop_requested()) return std::nullopt;
  return silence_since(start);
}

[[noreturn]] void end_interrupted() {
  std::fputs("gst-torch: interrupted\n", stderr);
  _exit(interrupted_status(Interrupt::signal()));
}

}  // namespace

Watchdog::Watchdog(std::string task, seconds stall_timeout)
    : task_(std::move(task)), stall_timeout_(stall_timeout) {
  frames = 0;
  trace_elements();
  thread_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
}

void Watchdog::count_frame() { frames++; }

void Watchdog::watch(const std::stop_token& stop) const {
  const StallLimit limit(stall_timeout_);
  std::uint64_t pushes = 0;
  Clock::duration silence{}, since_signal{};
  while (const auto time = sleep(stop)) {
    silence = traced_pushes() == pushes ? silence + *time : Clock::duration{};
    pushes = traced_pushes();
    if (Interrupt::signal() == 0) {
      if (limit.is_exceeded(silence, false)) end_stalled();
    } else {
      since_signal += *time;
      if (limit.is_exceeded(since_signal, true)) end_interrupted();
    }
  }
}

void Watchdog::end_stalled() const {
  const std::string place = "after " + std::to_string(frames) + " frames";
  _exit(fail({ErrorCode::Failed, task_ + ": " + stall_text(stall_timeout_, place)}));
}

}  // namespace gsttorch
