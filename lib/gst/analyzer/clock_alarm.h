// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <functional>
#include <memory>

#include <gst/gst.h>

#include "lib/gst/util/ref.h"

namespace gsttorch {

/// Calls a function when a clock has reached a time. A pipeline's clock is not the system's: it may
/// run at another rate, and a test clock only when the test moves it. Thread-bound; the function is
/// called by a thread of the clock, and no more once the alarm was set again or is destroyed.
class ClockAlarm {
 public:
  explicit ClockAlarm(std::function<void()> ring);
  ~ClockAlarm();
  ClockAlarm(const ClockAlarm&) = delete;
  ClockAlarm& operator=(const ClockAlarm&) = delete;

  /// Replaces what was set before. A clock that cannot call back is replaced by the system's.
  void set(GstClock* clock, GstClockTime time);
  /// Whether it is set for that time of that clock and has not rung.
  bool is_set(GstClock* clock, GstClockTime time) const;
  void cancel();

 private:
  struct Call;

  const std::function<void()> ring_;
  GstClockID id_ = nullptr;
  std::shared_ptr<Call> call_;
  Ref<GstClock> clock_;
  GstClockTime time_ = GST_CLOCK_TIME_NONE;
};

}  // namespace gsttorch
