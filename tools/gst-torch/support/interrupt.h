// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <csignal>

namespace gsttorch {

/// Turns a SIGINT or SIGTERM into a wish to stop. A second one ends the program at once, or is the
/// same wish again.
/// One at a time, for as long as a command works.
class Interrupt {
 public:
  enum class Second { Ends, IsTheSame };

  explicit Interrupt(Second second = Second::Ends);
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
