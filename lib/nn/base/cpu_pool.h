// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "lib/cpu/thread_pool.h"

namespace gsttorch {

/// The helpers of the calling thread for our own kernels: as many as LibTorch may use for one
/// operation (see operation_threads.h), and never shared with another thread.
ThreadPool& cpu_pool();

/// Calls work(begin, end) for parts of 0 to count - 1, of at least `grain` if there are several,
/// with the helpers of the calling thread. Results must not depend on the parts.
template <typename Work>
void parallel_for(std::int64_t count, std::int64_t grain, Work&& work) {
  constexpr std::int64_t kPartsPerThread = 4;  // more parts lose less to a thread that is held up
  ThreadPool& pool = cpu_pool();
  const std::int64_t most = pool.threads() * kPartsPerThread;
  const std::int64_t parts = std::min((count + grain - 1) / grain, pool.threads() > 1 ? most : 1);
  pool.run(parts,
           [&](std::int64_t part) { work(count * part / parts, count * (part + 1) / parts); });
}

/// At least so many floats, aligned to 64 bytes, that belong to the calling thread and stay with
/// it, like the scratch memory of oneDNN. Valid until the next call of the thread.
float* thread_scratch(std::size_t floats);

}  // namespace gsttorch
