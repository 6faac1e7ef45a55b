// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/message.h"

namespace gsttorch {

GstStructure* new_timed_structure(const gchar* name, const GstSegment& segment, GstBuffer* buffer) {
  const GstClockTime pts = GST_BUFFER_PTS(buffer);
  return gst_structure_new(name, "timestamp", G_TYPE_UINT64, pts, "stream-time", G_TYPE_UINT64,
                           gst_segment_to_stream_time(&segment, GST_FORMAT_TIME, pts),
                           "running-time", G_TYPE_UINT64,
                           gst_segment_to_running_time(&segment, GST_FORMAT_TIME, pts), "duration",
                           G_TYPE_UINT64, GST_BUFFER_DURATION(buffer), nullptr);
}

}  // namespace gsttorch
