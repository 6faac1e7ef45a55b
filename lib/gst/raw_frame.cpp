// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/raw_frame.h"

#include <algorithm>

#include <gst/video/video.h>

namespace gsttorch {
namespace {

bool has_raw_video_meta(GstBuffer* buffer) {
  const GstVideoMeta* meta = gst_buffer_get_video_meta(buffer);
  return meta && meta->format != GST_VIDEO_FORMAT_UNKNOWN &&
         meta->format != GST_VIDEO_FORMAT_ENCODED;
}

// Without a GstVideoMeta, a raw frame has the layout of its caps, and exactly the size that one of
// the formats needs. These are a few dozen sizes, which at most one in thousands of encoded frames
// has by chance.
bool has_size_of_a_format(gsize size, guint width, guint height) {
  guint count = 0;
  const GstVideoFormat* formats = gst_video_formats_raw(&count);
  return std::any_of(formats, formats + count, [&](GstVideoFormat format) {
    GstVideoInfo info;
    return gst_video_info_set_format(&info, format, width, height) &&
           GST_VIDEO_INFO_SIZE(&info) == size;
  });
}

}  // namespace

// Elements copy metas after the new buffer has its memory: GstBaseTransform, videorate and
// gst_buffer_copy() create it with memory, GstVideoEncoder copies metas when a frame is finished.
// An empty buffer is not assumed to become a frame.
bool is_raw_frame(GstBuffer* to, GstBuffer* from, guint width, guint height) {
  const gsize size = gst_buffer_get_size(to);
  if (size == gst_buffer_get_size(from)) return true;  // a copy of the same data
  if (has_raw_video_meta(to)) return true;
  return size > 0 && width > 0 && height > 0 && width <= G_MAXINT16 && height <= G_MAXINT16 &&
         has_size_of_a_format(size, width, height);
}

}  // namespace gsttorch
