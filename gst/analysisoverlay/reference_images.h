// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "gst/analysisoverlay/earlier_frames.h"
#include "gst/analysisoverlay/flow_drawing.h"
#include "gst/analysisoverlay/overlay_settings.h"
#include "lib/gst/util/image_loader.h"
#include "lib/gst/util/ref.h"

namespace gsttorch {

/// What a frame is shown beside: an earlier frame of the same caps, the image in a file, or
/// nothing. Cheap to copy, and never changes.
struct ReferenceSource {
  Ref<GstBuffer> frame;
  std::shared_ptr<const ReferenceImage> file;
};

/// Covers the canvas with an image, scaled to it.
void draw_image(const ReferenceImage& image, const Canvas& canvas);

/// Finds the images that frames' matches lead to. Files are read in a thread of their own: until
/// one is there, it is as if it could not be read. Thread-bound.
class ReferenceImages {
 public:
  /// Of a frame; from now on this one can be another's.
  ReferenceSource find(GstBuffer* buffer, const OverlaySettings& settings);

  /// For another stream; files stay.
  void reset() { earlier_.reset(); }
  /// Gives the files up, also what is being read.
  void stop() { *this = ReferenceImages(); }

 private:
  struct File {
    std::string path;
    std::shared_ptr<const ReferenceImage> image;  // null: cannot be read
  };

  std::shared_ptr<const ReferenceImage> file(const std::string& path);
  void request(const std::string& path);

  EarlierFrames earlier_;
  std::deque<File> files_;              // the one that was asked for last is first
  std::vector<std::string> asked_for_;  // the latest that were not taken yet, oldest first
  std::unique_ptr<ImageLoader> loader_ = std::make_unique<ImageLoader>();
};

}  // namespace gsttorch
