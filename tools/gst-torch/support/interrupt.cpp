// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/support/interrupt.h"

namespace gsttorch {
namespace {

volatile std::sig_atomic_t received = 0;

void record_signal(int signal) { received = signal; }

}  // namespace

Interrupt::Interrupt(Second second) {
  received = 0;
  struct sigaction action = {};
  action.sa_handler = record_signal;
  if (second == Second::Ends) action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, &previous_int_);
  sigaction(SIGTERM, &action, &previous_term_);
}

Interrupt::~Interrupt() {
  sigaction(SIGINT, &previous_int_, nullptr);
  sigaction(SIGTERM, &previous_term_, nullptr);
  received = 0;
}

int Interrupt::signal() { return received; }

}  // namespace gsttorch
