// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <gst/gst.h>

namespace gsttorch {

/// The running time of a position in a segment; GST_CLOCK_TIME_NONE where it has none. A segment in
/// another format than TIME has no times: GStreamer's own function takes the question for a bug.
inline GstClockTime running_time(const GstSegment& segment, GstClockTime pts) {
  if (segment.format != GST_FORMAT_TIME) return GST_CLOCK_TIME_NONE;
  return gst_segment_to_running_time(&segment, GST_FORMAT_TIME, pts);
}

/// The same for the stream time.
inline GstClockTime stream_time(const GstSegment& segment, GstClockTime pts) {
  if (segment.format != GST_FORMAT_TIME) return GST_CLOCK_TIME_NONE;
  return gst_segment_to_stream_time(&segment, GST_FORMAT_TIME, pts);
}

}  // namespace gsttorch
