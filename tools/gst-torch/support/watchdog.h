// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <thread>

namespace gsttorch {

/// Ends the process with one line when its pipelines have stopped for good: when no element passes
/// a buffer or an event on for some time, or when an Interrupt does not end the work soon. A thread
/// that hangs in an element cannot be ended in any other way. One at a time, after gst_init.
class Watchdog {
 public:
  /// `task`: what the line says could not be done. A timeout of 0 watches interruptions alone.
  Watchdog(std::string task, std::chrono::seconds stall_timeout);

  /// For the line: a frame is done. Any thread.
  static void count_frame();

 private:
  void watch(const std::stop_token& stop) const;
  [[noreturn]] void end_stalled() const;

  const std::string task_;
  const std::chrono::seconds stall_timeout_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace gsttorch
