// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace gsttorch {

/// Records which buffers are inside an element, and since when. One thread puts buffers in, another
/// takes them out, without a lock. A full ring ignores new buffers; only their times are lost.
class BufferRing {
 public:
  struct Entry {
    const void* buffer = nullptr;  // only compared
    std::uint64_t pts = 0;
    std::uint64_t time = 0;
  };

  void put(const Entry& entry) {
    const std::size_t end = end_.load(std::memory_order_relaxed);
    if (end - begin_.load(std::memory_order_acquire) == kSize) return;
    entries_[end % kSize] = entry;
    end_.store(end + 1, std::memory_order_release);
  }

  /// Returns the time when the buffer was put in and drops older entries, whose buffers have left
  /// or never will. An element may push a copy of its input buffer; that is identified by its PTS
  /// unless it equals `no_pts`.
  std::optional<std::uint64_t> take(const void* buffer, std::uint64_t pts, std::uint64_t no_pts) {
    const std::size_t begin = begin_.load(std::memory_order_relaxed);
    const std::size_t end = end_.load(std::memory_order_acquire);
    for (std::size_t at = begin; at != end; at++) {
      const Entry& entry = entries_[at % kSize];
      if (entry.buffer != buffer && (entry.pts != pts || pts == no_pts)) continue;
      const std::uint64_t time = entry.time;
      begin_.store(at + 1, std::memory_order_release);
      return time;
    }
    // The ring is full of buffers that will never come out.
    if (end - begin == kSize) begin_.store(end, std::memory_order_release);
    return std::nullopt;
  }

 private:
  static constexpr std::size_t kSize = 512;

  std::array<Entry, kSize> entries_{};
  std::atomic<std::size_t> begin_{0};
  std::atomic<std::size_t> end_{0};
};

}  // namespace gsttorch
