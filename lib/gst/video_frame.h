// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <gst/video/video.h>

#include "lib/engine/image.h"

namespace gsttorch {

/// The video formats that the model elements read, as they stand in a caps string.
#define GSTTORCH_VIDEO_FORMATS                                                               \
  "{ NV12, I420, Y42B, Y444, YUY2, UYVY, I420_10LE, P010_10LE, RGB, BGR, RGBx, BGRx, RGBA, " \
  "BGRA, GRAY8 }"

/// A buffer mapped for reading as a video frame, unmapped when it goes out of scope.
class MappedFrame {
 public:
  MappedFrame(const GstVideoInfo& info, GstBuffer* buffer);
  ~MappedFrame();
  MappedFrame(const MappedFrame&) = delete;
  MappedFrame& operator=(const MappedFrame&) = delete;

  explicit operator bool() const { return mapped_; }
  const GstVideoFrame& frame() const { return frame_; }

  /// The pixels where they lie, with strides and colorimetry; valid as long as this object.
  ImageView view() const;

 private:
  GstVideoFrame frame_;
  bool mapped_;
};

}  // namespace gsttorch
