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

/// The image to show beside a frame: an earlier frame with the same caps, the image in a file, or
/// none. Cheap to copy and immutable.
struct ReferenceSource {
  Ref<GstBuffer> frame;
  std::shared_ptr<const ReferenceImage> file;
};

/// Scales an image to the canvas and fills the canvas with it.
void draw_image(const ReferenceImage& image, const Canvas& canvas);

/// Finds the images that the matches of frames refer to. Files are loaded in a thread of their own;
/// a file still being loaded is treated like one that cannot be read. Thread-bound.
class ReferenceImages {
 public:
  /// Returns the image for a frame. From now on this frame may be the result for a later one.
  ReferenceSource find(GstBuffer* buffer, const OverlaySettings& settings);

  /// Prepares for another stream; keeps the files.
  void reset() { earlier_.reset(); }
  /// Releases the files and cancels loading.
  void stop() { *this = ReferenceImages(); }

 private:
  struct File {
    std::string path;
    std::shared_ptr<const ReferenceImage> image;  // null: cannot be read
  };

  std::shared_ptr<const ReferenceImage> file(const std::string& path);
  void request(const std::string& path);

  EarlierFrames earlier_;
  std::deque<File> files_;              // the most recently requested one is first
  std::vector<std::string> asked_for_;  // latest requests that are not served yet, oldest first
  std::unique_ptr<ImageLoader> loader_ = std::make_unique<ImageLoader>();
};

}  // namespace gsttorch
