// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/base/block_pool.h"

#include <cassert>
#include <cstdlib>
#include <limits>
#include <new>
#include <utility>

#include "lib/base/address_sanitizer.h"

namespace gsttorch {
namespace {

// All frames of a video have the same size; small requests differ by a few bytes. Returns 0 if
// `bytes` is too large to round.
std::size_t rounded(std::size_t bytes) {
  if (bytes > std::numeric_limits<std::size_t>::max() - kBlockAlignment) return 0;
  const std::size_t wanted = bytes ? bytes : 1;
  return (wanted + kBlockAlignment - 1) / kBlockAlignment * kBlockAlignment;
}

}  // namespace

void* HostBlockSource::allocate(std::size_t bytes) noexcept {
  return std::aligned_alloc(kBlockAlignment, rounded(bytes));
}

void HostBlockSource::free(void* block, std::size_t bytes) noexcept { std::free(block); }

BlockPool::BlockPool(std::shared_ptr<BlockSource> source, std::size_t max_idle_bytes)
    : source_(std::move(source)), max_idle_bytes_(max_idle_bytes) {}

BlockPool::~BlockPool() {
  assert(stats_.live_blocks == 0);
  free_all(idle_);
}

void* BlockPool::take(std::size_t bytes) {
  const std::size_t size = rounded(bytes);
  if (size == 0) return nullptr;
  if (void* block = take_idle(size)) return block;
  void* block = source_->allocate(size);
  if (!block) {
    IdleList dropped;
    {
      const std::lock_guard lock(mutex_);
      dropped = shrink_to(0);
    }
    free_all(dropped);
    block = source_->allocate(size);
  }
  if (!block) return nullptr;
  const std::lock_guard lock(mutex_);
  stats_.live_blocks++;
  stats_.live_bytes += size;
  stats_.allocations++;
  return block;
}

void* BlockPool::take_idle(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  const auto found = idle_of_size_.find(bytes);
  if (found == idle_of_size_.end() || found->second.empty()) return nullptr;
  // The block returned last is the likeliest to be in a cache.
  const IdleList::iterator newest = found->second.back();
  void* block = newest->block;
  found->second.pop_back();
  if (found->second.empty()) idle_of_size_.erase(found);
  idle_.erase(newest);
  stats_.idle_blocks--;
  stats_.idle_bytes -= bytes;
  stats_.live_blocks++;
  stats_.live_bytes += bytes;
  stats_.reuses++;
  allow_access(block, bytes);
  return block;
}

void BlockPool::give(void* block, std::size_t bytes) noexcept {
  const std::size_t size = rounded(bytes);
  IdleList dropped;
  {
    const std::lock_guard lock(mutex_);
    stats_.live_blocks--;
    stats_.live_bytes -= size;
    if (size <= max_idle_bytes_) {
      dropped = shrink_to(max_idle_bytes_ - size);
      try {
        keep(block, size);
        block = nullptr;
      } catch (const std::bad_alloc&) {  // no memory to keep track of it
      }
    }
  }
  if (block) source_->free(block, size);
  free_all(dropped);
}

void BlockPool::keep(void* block, std::size_t bytes) {
  IdleList one{{block, bytes}};
  idle_of_size_[bytes].push_back(one.begin());
  idle_.splice(idle_.end(), one);
  stats_.idle_blocks++;
  stats_.idle_bytes += bytes;
  forbid_access(block, bytes);
}

BlockPool::IdleList BlockPool::shrink_to(std::size_t bytes) {
  IdleList dropped;
  while (stats_.idle_bytes > bytes) {
    const std::size_t size = idle_.front().bytes;
    const auto found = idle_of_size_.find(size);
    found->second.pop_front();  // the oldest of all is the oldest of its size
    if (found->second.empty()) idle_of_size_.erase(found);
    dropped.splice(dropped.end(), idle_, idle_.begin());
    stats_.idle_blocks--;
    stats_.idle_bytes -= size;
  }
  return dropped;
}

void BlockPool::free_all(const IdleList& blocks) noexcept {
  for (const Idle& idle : blocks) {
    allow_access(idle.block, idle.bytes);  // the source may store its own data there
    source_->free(idle.block, idle.bytes);
  }
}

void BlockPool::set_max_idle_bytes(std::size_t bytes) {
  IdleList dropped;
  {
    const std::lock_guard lock(mutex_);
    max_idle_bytes_ = bytes;
    dropped = shrink_to(bytes);
  }
  free_all(dropped);
}

std::size_t BlockPool::max_idle_bytes() const {
  const std::lock_guard lock(mutex_);
  return max_idle_bytes_;
}

BlockPoolStats BlockPool::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

}  // namespace gsttorch
