// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>

#include "lib/engine/memory_report.h"

namespace gsttorch {

/// Makes LibTorch allocate CPU tensors with a counting allocator from the first call on. Existing
/// tensors keep their allocator. Thread-safe.
void install_counting_allocator();

/// Memory of the tensors allocated since then. Thread-safe.
MemoryReport cpu_memory();
void reset_cpu_memory_peak();

/// Allocations that would exceed the limit throw c10::OutOfMemoryError. 0: no limit.
void set_cpu_memory_limit(std::size_t bytes);

/// Returns memory that is cached for later tensors to the system. Called when a model is released.
void trim_cpu_memory();

/// Calls trim_cpu_memory() when it is destroyed. Declare it before a model, so that it outlives the
/// model's tensors.
struct TrimMemoryOnExit {
  ~TrimMemoryOnExit() { trim_cpu_memory(); }
};

/// See Engine::fail_allocation_after.
void fail_cpu_allocation_after(std::int64_t allocations);

}  // namespace gsttorch
