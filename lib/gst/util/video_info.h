// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include <gst/video/video.h>

namespace gsttorch {

/// The video formats that the analysis elements read, as a list in a caps string.
#define GSTTORCH_VIDEO_FORMATS                                                               \
  "{ NV12, I420, Y42B, Y444, YUY2, UYVY, I420_10LE, P010_10LE, RGB, BGR, RGBx, BGRx, RGBA, " \
  "BGRA, GRAY8 }"

/// A part of an image, in pixels.
struct VideoRectangle {
  int x = 0, y = 0, width = 0, height = 0;
  bool operator==(const VideoRectangle&) const = default;
};

struct VideoSize {
  int width = 0, height = 0;  ///< pixels
  bool operator==(const VideoSize&) const = default;
};

/// The visible part of a buffer's image: what its GstVideoCropMeta says, else as much as its caps
/// say, from the top left. A producer may pad its images, and an element like
/// videocrop leaves the pixels where they are when downstream takes the meta.
VideoRectangle visible_part(GstBuffer* buffer, const GstVideoInfo& info);

/// A warning about properties of a video's caps that analysis ignores; empty: none. Pixels are read
/// as SDR with the primaries of BT.709, one frame a buffer.
std::string unsupported_colorimetry(const GstVideoInfo& info);

}  // namespace gsttorch
