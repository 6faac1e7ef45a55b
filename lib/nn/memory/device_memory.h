// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <string>

#include "lib/engine/memory_report.h"

namespace gsttorch {

/// Memory of a device's tensors: for "cpu" from the counting allocator, by model and stage; for
/// "cuda:N" from the statistics of LibTorch's caching allocator, which does not know stages. A
/// device that is not in use has an empty report. Thread-safe.
MemoryReport device_memory(const std::string& device);

void reset_device_memory_peak(const std::string& device);

/// On the CPU, allocations beyond the limit fail. On CUDA, the limit is only used for planning:
/// LibTorch's allocator has no limit in bytes.
void set_device_memory_limit(const std::string& device, std::size_t bytes);

}  // namespace gsttorch
