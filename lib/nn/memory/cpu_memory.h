// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>

#include "lib/engine/memory_report.h"

namespace gsttorch {

/// From the first call on, LibTorch takes the memory of CPU tensors from an allocator that counts
/// it. Tensors that are already there stay with the allocator they came from. Thread-safe.
void install_counting_allocator();

/// What the tensors made since then hold. Thread-safe.
MemoryReport cpu_memory();
void reset_cpu_memory_peak();

/// Allocations that would go beyond it throw c10::OutOfMemoryError. 0: no limit.
void set_cpu_memory_limit(std::size_t bytes);

/// Returns what is kept for later tensors to the system: for when a model goes.
void trim_cpu_memory();

/// Does so when it goes. Declared before a model, so that it outlives its tensors.
struct TrimMemoryOnExit {
  ~TrimMemoryOnExit() { trim_cpu_memory(); }
};

/// See Engine::fail_allocation_after.
void fail_cpu_allocation_after(std::int64_t allocations);

}  // namespace gsttorch
