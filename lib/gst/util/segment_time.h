// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <gst/gst.h>

namespace gsttorch {

/// The running time of a position in a segment, or GST_CLOCK_TIME_NONE. Also GST_CLOCK_TIME_NONE if
/// the segment's format is not TIME: GStreamer's own function treats that as a programming error.
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
