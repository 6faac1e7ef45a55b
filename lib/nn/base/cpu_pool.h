// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>

#include "lib/cpu/thread_pool.h"

namespace gsttorch {

/// The helpers of the calling thread for our own kernels: as many as LibTorch may use for one
/// operation (see operation_threads.h), and never shared with another thread.
ThreadPool& cpu_pool();

/// At least so many floats, aligned to 64 bytes, that belong to the calling thread and stay with
/// it, like the scratch memory of oneDNN. Valid until the next call of the thread.
float* thread_scratch(std::size_t floats);

}  // namespace gsttorch
