// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/perf/duration_histogram.h"

#include <algorithm>
#include <cmath>

namespace gsttorch {

std::uint64_t DurationHistogram::middle_of(std::size_t bucket) {
  if (bucket < kPerOctave) return bucket;
  const std::size_t shift = bucket / kPerOctave - 1;
  const std::uint64_t lowest = (kPerOctave + bucket % kPerOctave) << shift;
  return lowest + (std::uint64_t{1} << shift) / 2;
}

std::uint64_t DurationHistogram::quantile(double share) const {
  const std::uint64_t total = count();
  if (total == 0) return 0;
  const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(total)));
  const std::uint64_t rank = std::clamp<std::uint64_t>(wanted, 1, total);
  const std::uint64_t longest = max_.load(std::memory_order_relaxed);
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < kBuckets; bucket++) {
    seen += counts_[bucket].load(std::memory_order_relaxed);
    if (seen >= rank) return bucket + 1 < kBuckets ? std::min(middle_of(bucket), longest) : longest;
  }
  return longest;
}

DurationSummary DurationHistogram::summary() const {
  DurationSummary summary;
  summary.count = count();
  if (summary.count == 0) return summary;
  summary.mean = sum_.load(std::memory_order_relaxed) / summary.count;
  summary.p50 = quantile(0.50);
  summary.p95 = quantile(0.95);
  summary.p99 = quantile(0.99);
  summary.max = max_.load(std::memory_order_relaxed);
  return summary;
}

void DurationHistogram::merge(const DurationHistogram& other) {
  for (std::size_t bucket = 0; bucket < kBuckets; bucket++) {
    const auto n = other.counts_[bucket].load(std::memory_order_relaxed);
    if (n > 0) bump(counts_[bucket], n);
  }
  bump(count_, other.count_.load(std::memory_order_relaxed));
  bump(sum_, other.sum_.load(std::memory_order_relaxed));
  max_.store(std::max(max_.load(), other.max_.load()), std::memory_order_relaxed);
}

}  // namespace gsttorch
