// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/support/stall_limit.h"

#include <algorithm>

namespace gsttorch {
namespace {

using std::chrono::seconds;

constexpr seconds kGraceOfInterrupt{10};
constexpr seconds kMostBetweenCalls{1};

}  // namespace

bool StallLimit::is_exceeded(Clock::duration silence, bool is_interrupted) const {
  const bool is_limited = timeout_.count() > 0;
  if (!is_interrupted) return is_limited && silence > timeout_;
  return silence > (is_limited ? std::min(timeout_, kGraceOfInterrupt) : kGraceOfInterrupt);
}

StallLimit::Clock::duration silence_since(StallLimit::Clock::time_point start) {
  return std::min<StallLimit::Clock::duration>(StallLimit::Clock::now() - start, kMostBetweenCalls);
}

std::string stall_text(StallLimit::Clock::duration silence, const std::string& place) {
  const auto whole = std::chrono::round<seconds>(silence).count();
  return "no progress for " + std::to_string(whole) + " s " + place +
         " (--stall-timeout sets this time)";
}

}  // namespace gsttorch
