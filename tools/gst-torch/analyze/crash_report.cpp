// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/analyze/crash_report.h"

#include <algorithm>
#include <cinttypes>
#include <csignal>
#include <cstdio>

#include <unistd.h>

#include "tools/gst-torch/support/element_tracer.h"

namespace gsttorch {
namespace {

const RunCounters* counters_so_far = nullptr;

// Names of factories have no character that JSON would escape.
void write_crash() {
  char line[256];
  const int length = std::snprintf(
      line, sizeof line,
      "{\"crash\":{\"element\":\"%s\",\"decoded\":%" PRIu64 ",\"frames\":%" PRIu64 "}}\n",
      traced_element(), counters_so_far->decoded.load(), counters_so_far->frames.load());
  const auto size = std::min(static_cast<std::size_t>(length), sizeof line - 1);
  if (write(STDOUT_FILENO, line, size) < 0) return;  // nobody listens; the signal says the rest
}

void on_fault(int signal) {
  write_crash();
  raise(signal);  // with its default action again, so that the process ends as it would have
}

}  // namespace

void report_crashes(const RunCounters* counters) {
  counters_so_far = counters;
  trace_elements();
  struct sigaction action = {};
  action.sa_handler = on_fault;
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_NODEFER;
  for (const int fault : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL}) {
    sigaction(fault, &action, nullptr);
  }
}

}  // namespace gsttorch
