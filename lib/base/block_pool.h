// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "lib/base/block_source.h"

namespace gsttorch {

struct BlockPoolStats {
  std::size_t live_blocks = 0;  ///< given out and not yet given back
  std::size_t live_bytes = 0;
  std::size_t idle_blocks = 0;  ///< kept for the next who wants one of that size
  std::size_t idle_bytes = 0;
  std::uint64_t allocations = 0;  ///< how often the source was asked for a block and gave one
  std::uint64_t reuses = 0;       ///< how often a kept block did
};

/// Keeps blocks that are given back for whoever wants one of the same size: decoders ask for a
/// frame's memory once per frame, and getting, clearing and returning pages costs more than reading
/// them. What is kept idle is bounded in bytes; what was given back longest ago goes first, so the
/// blocks of a size that nobody wants any more do not stay. Thread-safe.
class BlockPool {
 public:
  BlockPool(std::shared_ptr<BlockSource> source, std::size_t max_idle_bytes);
  /// All blocks must have been given back.
  ~BlockPool();
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  /// A block of `bytes` or more that starts at a multiple of kBlockAlignment, its content
  /// undefined. Null where the source has none, even after all that was idle went back to it.
  void* take(std::size_t bytes);
  /// Takes back what `take(bytes)` gave.
  void give(void* block, std::size_t bytes) noexcept;

  void set_max_idle_bytes(std::size_t bytes);
  std::size_t max_idle_bytes() const;

  BlockPoolStats stats() const;

 private:
  struct Idle {
    void* block;
    std::size_t bytes;
  };
  using IdleList = std::list<Idle>;

  void* take_idle(std::size_t bytes);
  void keep(void* block, std::size_t bytes);
  // These take what they remove out of the lists; it is freed after the lock is given back.
  IdleList shrink_to(std::size_t bytes);
  void free_all(const IdleList& blocks) noexcept;

  const std::shared_ptr<BlockSource> source_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::size_t max_idle_bytes_;
  IdleList idle_;  // the one given back last is at the end
  std::unordered_map<std::size_t, std::deque<IdleList::iterator>> idle_of_size_;
  BlockPoolStats stats_;
};

}  // namespace gsttorch
