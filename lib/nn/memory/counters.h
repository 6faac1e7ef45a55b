// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/engine/memory_report.h"

namespace gsttorch {

/// An amount that many threads change, and its peak. Thread-safe, lock-free.
class PeakCounter {
 public:
  /// Returns the new amount.
  std::size_t add(std::size_t amount) {
    const std::size_t now = current_.fetch_add(amount, std::memory_order_relaxed) + amount;
    std::size_t peak = peak_.load(std::memory_order_relaxed);
    while (now > peak && !peak_.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
    }
    return now;
  }

  /// Adds the amount unless the sum would exceed `limit` (0: no limit). Then it returns false and
  /// changes nothing.
  bool add_within(std::size_t amount, std::size_t limit);

  void subtract(std::size_t amount) { current_.fetch_sub(amount, std::memory_order_relaxed); }

  std::size_t current() const { return current_.load(std::memory_order_relaxed); }
  std::size_t peak() const { return peak_.load(std::memory_order_relaxed); }
  void reset_peak() { peak_.store(current(), std::memory_order_relaxed); }

 private:
  std::atomic<std::size_t> current_ = 0;
  std::atomic<std::size_t> peak_ = 0;
};

/// Bytes that one stage of one model has allocated on the CPU. Exists until the process ends.
struct StageCounter {
  std::string model;
  std::string stage;
  PeakCounter bytes;
};

/// The counter with these names; every call returns the same one. Thread-safe.
StageCounter& stage_counter(std::string_view model, std::string_view stage);

/// The counter that the calling thread's allocations are currently charged to.
StageCounter& current_stage();

/// Bytes allocated by each stage. Thread-safe.
std::vector<StageMemory> stage_report();
void reset_stage_peaks();

/// While it exists, allocations of its thread are charged to this stage of this model. Scopes nest.
/// Threads that an operation starts inside it do not inherit it; they allocate almost nothing.
class MemoryScope {
 public:
  MemoryScope(std::string_view model, std::string_view stage);
  /// Another stage of the current model.
  explicit MemoryScope(std::string_view stage);
  ~MemoryScope();
  MemoryScope(const MemoryScope&) = delete;
  MemoryScope& operator=(const MemoryScope&) = delete;

 private:
  StageCounter* outer_;
};

}  // namespace gsttorch
