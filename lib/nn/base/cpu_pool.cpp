// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/base/cpu_pool.h"

#include <memory>
#include <new>

#include <ATen/Parallel.h>

namespace gsttorch {
namespace {

constexpr std::align_val_t kAlignment{64};

struct Free {
  void operator()(float* memory) const { ::operator delete[](memory, kAlignment); }
};

}  // namespace

ThreadPool& cpu_pool() {
  thread_local std::unique_ptr<ThreadPool> pool;
  const int threads = at::get_num_threads();
  if (!pool || pool->threads() != threads) pool = std::make_unique<ThreadPool>(threads);
  return *pool;
}

float* thread_scratch(std::size_t floats) {
  thread_local std::unique_ptr<float[], Free> memory;
  thread_local std::size_t size = 0;
  if (size < floats) {
    size = 0;
    memory.reset();
    memory.reset(new (kAlignment) float[floats]);
    size = floats;
  }
  return memory.get();
}

}  // namespace gsttorch
