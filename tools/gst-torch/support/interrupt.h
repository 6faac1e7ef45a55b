// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <csignal>

namespace gsttorch {

/// Turns the first SIGINT or SIGTERM into a wish to stop; the second ends the program at once.
/// One at a time, for as long as a command works.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  /// Number of the signal that came; 0 while none did, and where there is no Interrupt. From any
  /// thread.
  static int signal();

 private:
  struct sigaction previous_int_;
  struct sigaction previous_term_;
};

}  // namespace gsttorch
