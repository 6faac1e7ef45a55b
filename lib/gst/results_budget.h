// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <atomic>
#include <cstddef>

#include <gst/gst.h>

namespace gsttorch {

/// What an element asks before it attaches arrays: those of frames that wait downstream count in
/// the runtime's memory, and beyond its share frames get the numbers alone.
class ResultsBudget {
 public:
  /// The element was started.
  void restart() { has_warned_ = false; }
  /// Whether arrays of so many bytes may be attached now. The first time that they may not, a
  /// warning is posted.
  bool admits(GstElement* element, std::size_t bytes);

 private:
  std::atomic<bool> has_warned_ = false;
};

}  // namespace gsttorch
