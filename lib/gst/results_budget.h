// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <atomic>
#include <cstddef>

#include <gst/gst.h>

namespace gsttorch {

/// Decides whether an element may attach arrays. The arrays of frames that wait downstream count as
/// part of the runtime's memory; beyond their share of it, frames get figures without arrays.
class ResultsBudget {
 public:
  /// Call it when the element starts.
  void restart() { has_warned_ = false; }
  /// Whether arrays of `bytes` in total may be attached now. Posts a warning the first time that
  /// they may not.
  bool admits(GstElement* element, std::size_t bytes);

 private:
  std::atomic<bool> has_warned_ = false;
};

}  // namespace gsttorch
