// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>

#include <dlfcn.h>

namespace gsttorch {

/// The test's settings for the fake engine (fake_engine.cpp), and its counts.
struct FakeEngineState {
  std::atomic<int> freest = 0;          ///< "auto" is "fake:N"
  std::atomic<std::size_t> used = 0;    ///< bytes that tensors pretend to use
  std::atomic<std::size_t> limit = 0;   ///< bytes, as set by the runtime
  std::atomic<int> loads_together = 1;  ///< a load fails unless so many loads begin before it ends
  std::atomic<int> loads_begun = 0;
  std::atomic<int> workers = 0;         ///< that have begun
  std::atomic<int> worker_threads = 0;  ///< the number of threads of the last one's operations
};

/// Name of the function that returns it.
inline constexpr char kFakeEngineState[] = "fake_engine_state";

/// The state of the engine that GST_TORCH_ENGINE names.
inline FakeEngineState& fake_engine_state() {
  void* const library = dlopen(std::getenv("GST_TORCH_ENGINE"), RTLD_NOW | RTLD_LOCAL);
  void* const function = library ? dlsym(library, kFakeEngineState) : nullptr;
  if (!function) std::abort();
  return *reinterpret_cast<FakeEngineState* (*)()>(function)();
}

}  // namespace gsttorch
