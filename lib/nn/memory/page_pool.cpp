// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/memory/page_pool.h"

#include <algorithm>
#include <iterator>
#include <new>

#include <sys/mman.h>

namespace gsttorch {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kSlack = 16;  // blocks of other sizes may waste 1/16 of the peak

std::size_t in_pages(std::size_t bytes) { return (bytes + kPage - 1) / kPage * kPage; }

char* map_pages(std::size_t bytes) {
  void* pages = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return nullptr;
  // Only an optimization: a kernel without huge pages returns an error.
  static_cast<void>(::madvise(pages, bytes, MADV_HUGEPAGE));
  return static_cast<char*>(pages);
}

}  // namespace

PagePool::~PagePool() { shrink_to(0); }

void* PagePool::take(std::size_t asked) {
  const std::size_t bytes = in_pages(asked);
  const std::lock_guard lock(mutex_);
  void* block = take_free(bytes);
  if (!block) {
    const std::size_t needed = in_use_ + bytes;
    const std::size_t allowed = most_in_use_ + most_in_use_ / kSlack;
    shrink_to(allowed > needed ? allowed - needed : 0);
    block = map_pages(bytes);
    if (!block) shrink_to(0);
    if (!block) block = map_pages(bytes);
    if (!block) return nullptr;
  }
  in_use_ += bytes;
  most_in_use_ = std::max(most_in_use_, in_use_);
  return block;
}

void PagePool::give(void* block, std::size_t asked) noexcept {
  const std::size_t bytes = in_pages(asked);
  const std::lock_guard lock(mutex_);
  in_use_ -= bytes;
  try {
    keep(static_cast<char*>(block), bytes);
  } catch (const std::bad_alloc&) {
    ::munmap(block, bytes);
  }
  if (in_use_ == 0) {
    shrink_to(0);
    most_in_use_ = 0;
  }
}

void PagePool::trim() noexcept {
  const std::lock_guard lock(mutex_);
  shrink_to(0);
  most_in_use_ = in_use_;
}

std::size_t PagePool::in_use() const {
  const std::lock_guard lock(mutex_);
  return in_use_;
}

std::size_t PagePool::reserved() const {
  const std::lock_guard lock(mutex_);
  return in_use_ + free_bytes_;
}

// Takes the smallest free range that is large enough; the rest of it stays free. Does not allocate.
void* PagePool::take_free(std::size_t bytes) {
  const auto found = by_size_.lower_bound({bytes, nullptr});
  if (found == by_size_.end()) return nullptr;
  auto sized = by_size_.extract(found);
  const auto [size, block] = sized.value();
  auto range = free_.extract(block);
  free_bytes_ -= bytes;
  if (size > bytes) {
    range.key() = block + bytes;
    range.mapped() = size - bytes;
    free_.insert(std::move(range));
    sized.value() = {size - bytes, block + bytes};
    by_size_.insert(std::move(sized));
  }
  return block;
}

// Throws std::bad_alloc and then changes nothing.
void PagePool::keep(char* block, std::size_t bytes) {
  const auto range = free_.emplace(block, bytes).first;
  try {
    by_size_.insert({bytes, block});
  } catch (...) {
    free_.erase(range);
    throw;
  }
  free_bytes_ += bytes;
  if (range != free_.begin()) join(std::prev(range), range);
  const auto joined = std::prev(free_.upper_bound(block));
  if (std::next(joined) != free_.end()) join(joined, std::next(joined));
}

// Merges two ranges if they are adjacent. Does not allocate.
void PagePool::join(Range first, Range second) noexcept {
  if (first->first + first->second != second->first) return;
  auto sized = by_size_.extract({first->second, first->first});
  by_size_.erase({second->second, second->first});
  first->second += second->second;
  free_.erase(second);
  sized.value().first = first->second;
  by_size_.insert(std::move(sized));
}

void PagePool::drop(Range range) noexcept {
  ::munmap(range->first, range->second);
  free_bytes_ -= range->second;
  by_size_.erase({range->second, range->first});
  free_.erase(range);
}

// Releases the smallest ranges first: they are the least useful for the large requests of this
// pool.
void PagePool::shrink_to(std::size_t free_bytes) noexcept {
  while (free_bytes_ > free_bytes) drop(free_.find(by_size_.begin()->second));
}

}  // namespace gsttorch
