// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace gsttorch {

/// Statistics of a DurationHistogram, in ns.
struct DurationSummary {
  std::uint64_t count = 0;
  std::uint64_t mean = 0;
  std::uint64_t p50 = 0;
  std::uint64_t p95 = 0;
  std::uint64_t p99 = 0;
  std::uint64_t max = 0;
};

/// Counts durations in fixed memory: buckets of 1 ns up to 64 ns, above that 64 per power of two,
/// up to 73 minutes. A quantile is the middle of its bucket: its error is below 0.8 %, and never
/// above 1.6 %; mean and max are exact.
///
/// One thread adds at a time; any number may read meanwhile. Each number they read was valid at
/// some moment, but not all at the same moment.
class DurationHistogram {
 public:
  void add(std::uint64_t duration) {
    bump(counts_[bucket_of(duration)], 1);
    bump(count_, 1);
    bump(sum_, duration);
    if (duration > max_.load(std::memory_order_relaxed)) {
      max_.store(duration, std::memory_order_relaxed);
    }
  }

  std::uint64_t count() const { return count_.load(std::memory_order_relaxed); }
  /// Returns the duration below which this share of the durations lies; 0 if there are no
  /// durations.
  std::uint64_t quantile(double share) const;
  DurationSummary summary() const;

  /// Adds all durations of another histogram.
  void merge(const DurationHistogram& other);

 private:
  static constexpr unsigned kBits = 6;
  static constexpr std::uint64_t kPerOctave = 1u << kBits;
  static constexpr unsigned kOctaves = 36;  // above the first 64 ns
  static constexpr std::size_t kBuckets = kPerOctave * (kOctaves + 1);

  static std::size_t bucket_of(std::uint64_t duration) {
    if (duration < kPerOctave) return duration;
    const unsigned shift = std::bit_width(duration) - 1 - kBits;
    const std::size_t bucket = (shift + 1) * kPerOctave + ((duration >> shift) - kPerOctave);
    return bucket < kBuckets ? bucket : kBuckets - 1;
  }
  static std::uint64_t middle_of(std::size_t bucket);

  // Needs no locked instruction, because there is only one writer.
  static void bump(std::atomic<std::uint64_t>& counter, std::uint64_t by) {
    counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

  std::array<std::atomic<std::uint64_t>, kBuckets> counts_{};
  std::atomic<std::uint64_t> count_{0};
  std::atomic<std::uint64_t> sum_{0};
  std::atomic<std::uint64_t> max_{0};
};

}  // namespace gsttorch
