// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include <gst/video/video.h>

#include "lib/engine/image.h"

namespace gsttorch {

/// The video formats that the model elements read, as they stand in a caps string.
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

/// The part of a buffer's image that is to be seen: what its GstVideoCropMeta says, else as much
/// as its caps say, from the top left. A producer may pad its images, and an element like
/// videocrop leaves the pixels where they are when downstream takes the meta.
VideoRectangle visible_part(GstBuffer* buffer, const GstVideoInfo& info);

/// What of a video's colours or frames is not taken for what its caps say it is, for a warning;
/// empty: nothing. Pixels go into the models as SDR with the primaries of BT.709, one frame a
/// buffer.
std::string unsupported_colorimetry(const GstVideoInfo& info);

/// A buffer mapped for reading as a video frame, unmapped when it goes out of scope.
class MappedFrame {
 public:
  MappedFrame(const GstVideoInfo& info, GstBuffer* buffer);
  ~MappedFrame();
  MappedFrame(const MappedFrame&) = delete;
  MappedFrame& operator=(const MappedFrame&) = delete;

  explicit operator bool() const { return mapped_; }
  const GstVideoFrame& frame() const { return frame_; }

  /// The pixels of the visible part where they lie, with strides and colorimetry; valid as long as
  /// this object. Without size where the part is not inside the image. Chroma that is shared by
  /// two pixels belongs to the one further left, also where the part begins between the two; YUY2
  /// and UYVY, which interleave them, begin a pixel earlier there.
  ImageView view() const;

 private:
  GstVideoFrame frame_;
  const VideoRectangle visible_;
  bool mapped_;
};

}  // namespace gsttorch
