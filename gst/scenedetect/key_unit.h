// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <gst/gst.h>

namespace gsttorch {

/// Chooses the running times of requests for key units. Thread-bound.
///
/// They are those of the frames, with one exception. Until x264enc and x265enc have put out their
/// first frame, GStreamer 1.22's base class of encoders counts their frames 1000 hours later than
/// they are (the encoders want it so, for decoding times that are not negative). A request that it
/// serves in that time is remembered with the later time, and it takes every following one for one
/// that was served already. A request without a time is served at once, and sets the memory right.
class KeyUnitTimes {
 public:
  /// For a request with the frame at `running_time`, in a stream that began at `first`, ns.
  GstClockTime request(GstPad* src, GstClockTime running_time, GstClockTime first);

 private:
  bool has_requested_ = false;
  bool is_encoder_confused_ = false;
};

}  // namespace gsttorch
