// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/core/latency_estimate.h"

#include <algorithm>

namespace gsttorch {

void LatencyEstimate::add(std::int64_t duration) { recent_[count_++ % kWindow] = duration; }

std::int64_t LatencyEstimate::p95() const {
  const std::size_t known = std::min<std::uint64_t>(count_, kWindow);
  if (known == 0) return 0;
  auto sorted = recent_;
  const std::size_t rank = (known * 95 + 99) / 100 - 1;
  std::nth_element(sorted.begin(), sorted.begin() + rank, sorted.begin() + known);
  return sorted[rank];
}

bool LatencyEstimate::announce(std::int64_t now) {
  const std::int64_t value = p95();
  const bool rose = value > announced_ + announced_ / 10;
  const bool fell = value < announced_ - announced_ / 6;
  if (!rose && !fell) return false;
  const bool at_once = rose && count_ <= kLittle;
  if (!at_once && announced_ > 0 && now - announced_at_ < kLeastInterval) return false;
  announced_ = value;
  announced_at_ = now;
  return true;
}

}  // namespace gsttorch
