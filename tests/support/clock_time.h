// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <gst/check/gsttestclock.h>

#include "lib/gst/util/ref.h"

namespace gsttorch {

/// A clock that a test advances; it wakes waits whose time has passed.
class TestTime {
 public:
  GstClock* clock() const { return clock_.get(); }
  GstClockTime now() const { return gst_clock_get_time(clock_.get()); }

  void advance(GstClockTime by) {
    auto* clock = GST_TEST_CLOCK(clock_.get());
    gst_test_clock_set_time(clock, now() + by);
    GstClockID id = nullptr;
    while (gst_test_clock_peek_next_pending_id(clock, &id)) {
      const bool is_due = gst_clock_id_get_time(id) <= now();
      gst_clock_id_unref(id);
      GstClockID processed = is_due ? gst_test_clock_process_next_clock_id(clock) : nullptr;
      if (!processed) return;
      gst_clock_id_unref(processed);
    }
  }

 private:
  Ref<GstClock> clock_ = Ref<GstClock>::adopt(gst_test_clock_new());
};

}  // namespace gsttorch
