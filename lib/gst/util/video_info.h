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

/// The visible part of a buffer's image: from its GstVideoCropMeta, or else the size in its caps,
/// from the top left. Producers may pad images, and elements such as videocrop do not copy pixels
/// if downstream supports the meta.
VideoRectangle visible_part(GstBuffer* buffer, const GstVideoInfo& info);

/// Describes colorimetry or framing that analysis does not handle, for a warning; empty if there is
/// nothing to warn about. Pixels are processed as SDR with BT.709 primaries, one frame per buffer.
std::string unsupported_colorimetry(const GstVideoInfo& info);

}  // namespace gsttorch
