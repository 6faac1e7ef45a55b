// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <gst/video/video.h>

#include "lib/engine/image.h"
#include "lib/gst/util/video_info.h"

namespace gsttorch {

/// A buffer mapped for reading as a video frame, unmapped by the destructor.
class MappedFrame {
 public:
  MappedFrame(const GstVideoInfo& info, GstBuffer* buffer);
  ~MappedFrame();
  MappedFrame(const MappedFrame&) = delete;
  MappedFrame& operator=(const MappedFrame&) = delete;

  explicit operator bool() const { return mapped_; }
  const GstVideoFrame& frame() const { return frame_; }

  /// The pixels of the visible part, not copied, with strides and colorimetry; valid during this
  /// object's lifetime. The size is zero if the part is not inside the image. Chroma shared by two
  /// pixels belongs to the left one, even if the part begins between the two; for YUY2 and UYVY,
  /// which interleave them, the view then begins one pixel earlier.
  ImageView view() const;

 private:
  GstVideoFrame frame_;
  const VideoRectangle visible_;
  bool mapped_;
};

}  // namespace gsttorch
