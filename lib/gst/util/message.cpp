// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/util/message.h"

#include "lib/gst/util/segment_time.h"

namespace gsttorch {

GstStructure* new_timed_structure(const gchar* name, const GstSegment& segment, GstBuffer* buffer) {
  const GstClockTime pts = GST_BUFFER_PTS(buffer);
  return gst_structure_new(name, "timestamp", G_TYPE_UINT64, pts, "stream-time", G_TYPE_UINT64,
                           stream_time(segment, pts), "running-time", G_TYPE_UINT64,
                           running_time(segment, pts), "duration", G_TYPE_UINT64,
                           GST_BUFFER_DURATION(buffer), nullptr);
}

}  // namespace gsttorch
