// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include <gst/gst.h>

namespace gsttorch {

/// The duration of a frame in a stream whose caps do not say it: the median of the last distances,
/// which one pause or two frames in a burst do not move.
class FrameSteps {
 public:
  /// The median with this one, ns.
  GstClockTime add(GstClockTime step) {
    recent_[count_++ % recent_.size()] = step;
    auto sorted = recent_;
    const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(std::min(count_, sorted.size()));
    const auto middle = sorted.begin() + (end - sorted.begin()) / 2;
    std::nth_element(sorted.begin(), middle, end);
    return *middle;
  }

 private:
  std::array<GstClockTime, 9> recent_{};
  std::size_t count_ = 0;
};

}  // namespace gsttorch
