// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/runtime/engine_gate.h"

#include <cstdlib>

#include <dlfcn.h>

#include "lib/engine/loader.h"

namespace gsttorch {
namespace {

// Longest expected work: one inference, or loading one model.
constexpr std::chrono::seconds kLongestWait{10};

bool is_loaded(const char* library) {
  void* const opened = dlopen(library, RTLD_LAZY | RTLD_NOLOAD);
  if (opened) dlclose(opened);  // releases only the reference taken here
  return opened;
}

}  // namespace

EngineGate& EngineGate::instance() {
  static auto& gate = *new EngineGate;
  return gate;
}

bool EngineGate::enter() {
  const std::lock_guard lock(mutex_);
  if (!is_closed_) inside_++;
  return !is_closed_;
}

void EngineGate::leave() {
  const std::lock_guard lock(mutex_);
  if (--inside_ == 0) left_.notify_all();
}

bool EngineGate::close(std::chrono::nanoseconds longest) {
  std::unique_lock lock(mutex_);
  is_closed_ = true;
  return left_.wait_for(lock, longest, [this] { return inside_ == 0; });
}

void close_engine_gate_at_exit() {
  std::atexit([] {
    if (!engine_found_torch() && !is_loaded("libcuda.so.1")) return;
    EngineGate::instance().close(kLongestWait);
  });
}

}  // namespace gsttorch
