// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lib/base/result.h"
#include "lib/formats/flow_color.h"
#include "tools/gst-torch/support/gst_support.h"

namespace gsttorch {

/// Takes single frames out of a video, as small JPEG images. Thread-bound.
class FrameGrabber {
 public:
  /// `stream`: number of the video stream.
  static Result<FrameGrabber> open(const std::string& video, std::optional<int> stream, int width);

  /// The JPEG file of the frame with this PTS (ns); none where it cannot be had.
  std::optional<std::string> frame_at(GstClockTime pts);

 private:
  explicit FrameGrabber(Pipeline pipeline)
      : pipeline_(std::move(pipeline)), sink_(pipeline_.element("image")) {}

  Ref<GstSample> first_frame_from(GstClockTime pts);
  Ref<GstSample> pull();

  Pipeline pipeline_;
  Ref<GstElement> sink_;
  GstClockTimeDiff offset_ = 0;  // a PTS less the time that is sought to for it
  bool is_stuck_ = false;        // no frame came in time
};

/// A flow array as a small JPEG image in the colours of Middlebury's wheel.
Result<std::string> flow_jpeg(const FlowView& flow, const FlowColoring& coloring, int width);

}  // namespace gsttorch
