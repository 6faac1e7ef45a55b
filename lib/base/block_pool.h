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
  std::size_t live_blocks = 0;  ///< blocks that callers have taken and not yet returned
  std::size_t live_bytes = 0;
  std::size_t idle_blocks = 0;  ///< blocks kept for reuse
  std::size_t idle_bytes = 0;
  std::uint64_t allocations = 0;  ///< blocks that the source allocated
  std::uint64_t reuses = 0;       ///< requests served from an idle block
};

/// Keeps returned blocks and reuses them for requests of the same size: decoders request one
/// frame's memory per frame, and allocating, clearing and unmapping pages costs more than reading
/// them. The idle blocks are bounded in bytes; the one returned longest ago is freed first, so
/// blocks of a size that is no longer requested do not stay. Thread-safe.
class BlockPool {
 public:
  BlockPool(std::shared_ptr<BlockSource> source, std::size_t max_idle_bytes);
  /// All blocks must have been returned.
  ~BlockPool();
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  /// Returns a block of at least `bytes` bytes, aligned to kBlockAlignment, with undefined content.
  /// Returns null if the source cannot allocate one even after the pool freed all idle blocks.
  void* take(std::size_t bytes);
  /// Returns a block from `take(bytes)` to the pool.
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
  // Removes idle blocks from the lists; the caller frees them after it has released the lock.
  IdleList shrink_to(std::size_t bytes);
  void free_all(const IdleList& blocks) noexcept;

  const std::shared_ptr<BlockSource> source_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::size_t max_idle_bytes_;
  IdleList idle_;  // in the order of return, the latest last
  std::unordered_map<std::size_t, std::deque<IdleList::iterator>> idle_of_size_;
  BlockPoolStats stats_;
};

}  // namespace gsttorch
