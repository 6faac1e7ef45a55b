// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/analyze/crash_report.h"

#include <algorithm>
#include <cinttypes>
#include <csignal>
#include <cstdio>
#include <cstring>

#include <sys/prctl.h>
#include <unistd.h>

#include "tools/gst-torch/support/element_tracer.h"

namespace gsttorch {
namespace {

const RunCounters* counters_so_far = nullptr;

// A thread that is in no element's chain function may be a streaming thread: these have the names
// of their pads, such as "qtdemux0:sink", cut after 15 characters.
const char* crashed_element(char (&thread)[16]) {
  const char* element = traced_element();
  if (*element) return element;
  prctl(PR_GET_NAME, thread);
  char* colon = std::strchr(thread, ':');
  if (!colon) return "";
  *colon = '\0';
  return thread;
}

// These names have no character that JSON would escape.
void write_crash() {
  char line[256], thread[16] = "";
  const int length = std::snprintf(
      line, sizeof line,
      "{\"crash\":{\"element\":\"%s\",\"decoded\":%" PRIu64 ",\"frames\":%" PRIu64 "}}\n",
      crashed_element(thread), counters_so_far->decoded.load(), counters_so_far->frames.load());
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
    struct sigaction existing = {};
    sigaction(fault, nullptr, &existing);
    // A sanitizer's handler says more.
    if (existing.sa_handler == SIG_DFL) sigaction(fault, &action, nullptr);
  }
}

}  // namespace gsttorch
