// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "lib/base/lru_cache.h"
#include "lib/engine/frame_image.h"

namespace gsttorch {

/// Caches data derived from the frames in flight, with one budget in bytes. It cannot know which
/// element requests a value last, so it evicts the least recently requested. Thread-safe.
class DerivedCache {
 public:
  using FrameId = std::uint64_t;
  using Value = std::shared_ptr<const Derived>;

  struct Counts : CacheCounts {
    std::uint64_t images = 0;    ///< number of conversions
    std::uint64_t features = 0;  ///< number of features computed
  };

  explicit DerivedCache(std::size_t budget_bytes) : values_(budget_bytes) {}

  void set_budget(std::size_t bytes);

  /// See FrameImage::get.
  Value get(FrameId frame, DerivedKind kind, const std::string& name, const FrameImage::Make& make);
  /// Computes a value without caching it; it is only counted.
  Value make_once(DerivedKind kind, const FrameImage::Make& make);

  /// Drops all values of a frame.
  void forget(FrameId frame);
  void clear();

  Counts counts() const;

 private:
  using Key = std::pair<FrameId, std::string>;

  void count_made(DerivedKind kind);

  mutable std::mutex mutex_;
  std::condition_variable made_;
  LruCache<Key, Value> values_;            // guarded by mutex_
  std::set<Key> making_;                   // guarded by mutex_
  std::array<std::uint64_t, 2> counts_{};  // guarded by mutex_; by DerivedKind
};

}  // namespace gsttorch
