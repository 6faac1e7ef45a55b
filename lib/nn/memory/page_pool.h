// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <set>
#include <utility>

namespace gsttorch {

/// Large blocks of memory from the system, kept for the next request: a model asks for the same
/// ones at every frame, and fresh pages cost more than the blocks' bookkeeping. Blocks are split
/// and joined with their neighbours.
///
/// What it holds from the system exceeds the most that was in use at once by a sixteenth at most:
/// free blocks go back before a request would make it more, and all do when nothing is in use.
/// Thread-safe.
class PagePool {
 public:
  PagePool() = default;
  ~PagePool();
  PagePool(const PagePool&) = delete;
  PagePool& operator=(const PagePool&) = delete;

  /// Starts on a page. Null where the system has no more. The bytes are of whoever had them last.
  void* take(std::size_t bytes);
  /// `bytes` as they were asked for.
  void give(void* block, std::size_t bytes) noexcept;

  /// Returns what is free to the system, and forgets how much was in use.
  void trim() noexcept;

  std::size_t in_use() const;    ///< bytes, in whole pages
  std::size_t reserved() const;  ///< bytes held from the system

 private:
  using Range = std::map<char*, std::size_t>::iterator;

  void* take_free(std::size_t bytes);
  void keep(char* block, std::size_t bytes);
  void join(Range first, Range second) noexcept;
  void drop(Range range) noexcept;
  void shrink_to(std::size_t free_bytes) noexcept;

  mutable std::mutex mutex_;  // guards all below
  std::map<char*, std::size_t> free_;
  std::set<std::pair<std::size_t, char*>> by_size_;  // the same ranges
  std::size_t in_use_ = 0;
  std::size_t free_bytes_ = 0;
  std::size_t most_in_use_ = 0;
};

}  // namespace gsttorch
