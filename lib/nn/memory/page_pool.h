// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <set>
#include <utility>

namespace gsttorch {

/// Caches large blocks of system memory for the next request: a model requests the same blocks for
/// every frame, and fresh pages cost more than managing the blocks. Blocks are split and merged
/// with their neighbours.
///
/// The memory reserved from the system exceeds the peak use by at most a sixteenth: the pool
/// returns free blocks before a request would exceed that, and all of them when none is in use.
/// Thread-safe.
class PagePool {
 public:
  PagePool() = default;
  ~PagePool();
  PagePool(const PagePool&) = delete;
  PagePool& operator=(const PagePool&) = delete;

  /// Returns a page-aligned block, or null if the system has no memory left. The contents are
  /// undefined.
  void* take(std::size_t bytes);
  /// `bytes` must be the requested size.
  void give(void* block, std::size_t bytes) noexcept;

  /// Returns free blocks to the system and resets the peak use.
  void trim() noexcept;

  std::size_t in_use() const;    ///< bytes, in whole pages
  std::size_t reserved() const;  ///< bytes reserved from the system

 private:
  using Range = std::map<char*, std::size_t>::iterator;

  void* take_free(std::size_t bytes);
  void keep(char* block, std::size_t bytes);
  void join(Range first, Range second) noexcept;
  void drop(Range range) noexcept;
  void shrink_to(std::size_t free_bytes) noexcept;

  mutable std::mutex mutex_;  // guards all members below
  std::map<char*, std::size_t> free_;
  std::set<std::pair<std::size_t, char*>> by_size_;  // the same ranges
  std::size_t in_use_ = 0;
  std::size_t free_bytes_ = 0;
  std::size_t most_in_use_ = 0;
};

}  // namespace gsttorch
