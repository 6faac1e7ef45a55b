// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <map>
#include <memory>
#include <string>

#include "gst/analysisoverlay/earlier_frames.h"
#include "gst/analysisoverlay/flow_drawing.h"
#include "gst/analysisoverlay/overlay_settings.h"
#include "lib/gst/picture_file.h"
#include "lib/gst/ref.h"

namespace gsttorch {

/// What a frame is shown beside: an earlier frame of the same caps, the picture in a file, or
/// nothing. Cheap to copy, and never changes.
struct OtherPicture {
  Ref<GstBuffer> frame;
  std::shared_ptr<const ReferencePicture> file;
};

/// Covers the canvas with a picture, stretched to it.
void draw_picture(const ReferencePicture& picture, const Canvas& canvas);

/// Finds the pictures that frames' matches lead to. Thread-bound.
class OtherPictures {
 public:
  /// Of a frame; from now on this one can be another's.
  OtherPicture find(GstBuffer* buffer, const OverlaySettings& settings);

  void reset() { *this = OtherPictures(); }  ///< for another stream

 private:
  std::shared_ptr<const ReferencePicture> file(const std::string& path);

  EarlierFrames earlier_;
  std::map<std::string, std::shared_ptr<const ReferencePicture>> files_;  // null: cannot be read
};

}  // namespace gsttorch
