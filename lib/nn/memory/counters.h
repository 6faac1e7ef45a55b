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

/// An amount that many threads change, and the most it ever was. Thread-safe, lock-free.
class PeakCounter {
 public:
  /// Returns the amount after it.
  std::size_t add(std::size_t amount) {
    const std::size_t now = current_.fetch_add(amount, std::memory_order_relaxed) + amount;
    std::size_t peak = peak_.load(std::memory_order_relaxed);
    while (now > peak && !peak_.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
    }
    return now;
  }

  /// The same unless the amount would go beyond `limit` (0: none): then false, and nothing changed.
  bool add_within(std::size_t amount, std::size_t limit);

  void subtract(std::size_t amount) { current_.fetch_sub(amount, std::memory_order_relaxed); }

  std::size_t current() const { return current_.load(std::memory_order_relaxed); }
  std::size_t peak() const { return peak_.load(std::memory_order_relaxed); }
  void reset_peak() { peak_.store(current(), std::memory_order_relaxed); }

 private:
  std::atomic<std::size_t> current_ = 0;
  std::atomic<std::size_t> peak_ = 0;
};

/// What one stage of one model has allocated on the CPU. Lives as long as the process.
struct StageCounter {
  std::string model;
  std::string stage;
  PeakCounter bytes;
};

/// The counter of that name, the same one at every call. Thread-safe.
StageCounter& stage_counter(std::string_view model, std::string_view stage);

/// The counter of what the calling thread allocates now.
StageCounter& current_stage();

/// What every stage holds. Thread-safe.
std::vector<StageMemory> stage_report();
void reset_stage_peaks();

/// While it lives, what its thread allocates is put down to this stage of this model. Scopes nest.
/// Threads that an operation starts inside it do not inherit it; they allocate next to nothing.
class MemoryScope {
 public:
  MemoryScope(std::string_view model, std::string_view stage);
  /// Another stage of the model that is at work.
  explicit MemoryScope(std::string_view stage);
  ~MemoryScope();
  MemoryScope(const MemoryScope&) = delete;
  MemoryScope& operator=(const MemoryScope&) = delete;

 private:
  StageCounter* outer_;
};

}  // namespace gsttorch
