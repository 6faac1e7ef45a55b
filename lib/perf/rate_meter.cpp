// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/perf/rate_meter.h"

#include <algorithm>

namespace gsttorch {

double RateMeter::rate(const Look& from, const Look& to) {
  return static_cast<double>(to.count - from.count) * 1e9 /
         static_cast<double>(to.time - from.time);
}

void RateMeter::look(std::uint64_t count, std::uint64_t now) {
  const Look here{count, now};
  if (!first_) {
    first_ = last_ = here;
    return;
  }
  if (now <= last_.time) return;
  now_ = rate(last_, here);
  minimum_ = minimum_ ? std::min(*minimum_, *now_) : *now_;
  last_ = here;
}

std::optional<double> RateMeter::average() const {
  if (!now_) return std::nullopt;
  return rate(*first_, last_);
}

}  // namespace gsttorch
