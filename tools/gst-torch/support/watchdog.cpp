// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/support/watchdog.h"

#include <algorithm>
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

namespace gsttorch {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

constexpr std::chrono::milliseconds kInterval{100};
constexpr seconds kGraceOfInterrupt{10};

std::atomic<std::uint64_t> frames{0};

/// Returns the time that passed, without what the process was stopped for, as by Ctrl-Z; nothing
/// once the thread is to end.
std::optional<Clock::duration> sleep(const std::stop_token& stop) {
  const Clock::time_point start = Clock::now();
  std::mutex mutex;
  std::condition_variable_any woken;
  std::unique_lock lock(mutex);
  woken.wait_for(lock, stop, kInterval, [] { return false; });
  if (stop.stop_requested()) return std::nullopt;
  return std::min<Clock::duration>(Clock::now() - start, seconds(1));
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
  const bool is_limited = stall_timeout_.count() > 0;
  const seconds grace =
      is_limited ? std::min(stall_timeout_, kGraceOfInterrupt) : kGraceOfInterrupt;
  std::uint64_t pushes = 0;
  Clock::duration silence{}, since_signal{};
  while (const auto time = sleep(stop)) {
    silence = traced_pushes() == pushes ? silence + *time : Clock::duration{};
    pushes = traced_pushes();
    if (Interrupt::signal() != 0) {
      since_signal += *time;
      if (since_signal > grace) end_interrupted();
    } else if (is_limited && silence > stall_timeout_) {
      end_stalled();
    }
  }
}

void Watchdog::end_stalled() const {
  const int status =
      fail({ErrorCode::Failed,
            task_ + ": no progress for " + std::to_string(stall_timeout_.count()) + " s after " +
                std::to_string(frames) + " frames (--stall-timeout sets this time)"});
  _exit(status);
}

}  // namespace gsttorch
