// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <gst/gst.h>

namespace gsttorch {

/// Chooses the running times of key-unit requests. Thread-bound.
///
/// They are the frames' running times, with one exception. Before x264enc and x265enc have output
/// their first frame, GStreamer 1.22's base class of encoders adds 1000 hours to their frames'
/// times (these encoders ask for it, to avoid negative decoding times). If it serves a request in
/// that period, it stores the later time, and then regards every following request as already
/// served. A request without a time is served immediately and corrects the stored time.
class KeyUnitTimes {
 public:
  /// Returns the time for a request with the frame at `running_time`, in a stream that began at
  /// `first`, ns.
  GstClockTime request(GstPad* src, GstClockTime running_time, GstClockTime first);

 private:
  bool has_requested_ = false;
  bool is_encoder_confused_ = false;
};

}  // namespace gsttorch
