// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <atomic>
#include <cstddef>

#include <gst/gst.h>

namespace gsttorch {

/// Checked by an element before it attaches arrays. Arrays of frames that wait downstream count
/// against the runtime's memory; beyond its share, frames only get figures, without arrays.
class ResultsBudget {
 public:
  /// Call it when the element starts.
  void restart() { has_warned_ = false; }
  /// Whether arrays of that many bytes may be attached now. The first refusal posts a warning.
  bool admits(GstElement* element, std::size_t bytes);

 private:
  std::atomic<bool> has_warned_ = false;
};

}  // namespace gsttorch
