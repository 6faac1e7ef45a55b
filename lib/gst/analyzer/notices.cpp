// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/analyzer/notices.h"

#include <utility>

namespace gsttorch {
namespace {

constexpr GstClockTime kLeastInterval = GST_SECOND;

}  // namespace

std::optional<Notices::Due> Notices::take(GstClockTime now, bool is_slow) {
  if (!has_latency_ && !skip_) return std::nullopt;
  if (last_ && now >= *last_ && now - *last_ < kLeastInterval) return std::nullopt;
  last_ = now;
  if (std::exchange(has_latency_, false)) return Due{Kind::Latency, {}};
  const Skip skip = *std::exchange(skip_, std::nullopt);
  if (!is_slow || has_warned_) return Due{Kind::Qos, skip};
  has_warned_ = true;
  return Due{Kind::TooSlow, skip};
}

}  // namespace gsttorch
