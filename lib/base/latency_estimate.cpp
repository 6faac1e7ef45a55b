// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/base/latency_estimate.h"

#include <algorithm>

namespace gsttorch {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kLeastChange = 10 * kMillisecond;
constexpr std::int64_t kLeastRiseWhenMissed = 2 * kMillisecond;

}  // namespace

void LatencyEstimate::add(std::int64_t duration) { recent_[count_++ % kWindow] = duration; }

std::int64_t LatencyEstimate::p95() const {
  const std::size_t known = std::min<std::uint64_t>(count_, kWindow);
  if (known == 0) return 0;
  auto sorted = recent_;
  const std::size_t rank = (known * 95 + 99) / 100 - 1;
  std::nth_element(sorted.begin(), sorted.begin() + rank, sorted.begin() + known);
  return sorted[rank];
}

bool LatencyEstimate::differs(const Whole& whole) const {
  const std::int64_t value = p95();
  const std::int64_t all = whole.rest + announced_;
  const std::int64_t rise = has_missed_ ? std::max(whole.frame / 8, kLeastRiseWhenMissed)
                                        : std::max(all / 10, kLeastChange);
  const std::int64_t fall = std::max({all / 4, whole.frame, kLeastChange});
  return value > announced_ + rise || value < announced_ - fall;
}

bool LatencyEstimate::announce(std::int64_t now, const Whole& whole) {
  if (count_ == 0) return false;
  const bool is_first = !has_announced_;
  const bool is_soon = now >= announced_at_ && now - announced_at_ < kLeastInterval;
  if (!is_first && (is_soon || !differs(whole))) return false;
  announced_ = p95();
  announced_at_ = now;
  has_announced_ = true;
  has_missed_ = false;
  return true;
}

}  // namespace gsttorch
