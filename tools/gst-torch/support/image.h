// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <gst/gst.h>

#include "lib/base/result.h"
#include "lib/engine/image.h"
#include "lib/formats/flow_color.h"

namespace gsttorch {

/// An image of 8-bit R, G, B, rows without padding.
struct Image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgb;

  /// Borrows the pixels.
  ImageView view() const;
};

/// Whatever GStreamer can decode; of a video, the first frame. Needs gst_init.
Result<Image> read_image(const std::string& path);

/// A frame of RGB.
Result<Image> copy_image(GstBuffer* buffer, GstCaps* caps);

/// The colours of optical flow.
Image flow_image(const FlowView& flow, const FlowColoring& coloring);

/// What the elements of a pipeline, such as "pngenc snapshot=true", make of an image.
Result<std::string> encode(const Image& image, const std::string& elements);

/// The contents of a file of this name: JPEG where it ends in .jpg or .jpeg, else PNG.
Result<std::string> encode_image(const std::string& path, const Image& image);

/// The elements that make JPEG of any raw video, with `quality` in percent.
std::string jpeg_elements(int quality);

Result<void> write_image(const std::string& path, const Image& image);
Result<void> write_png(const std::string& path, const Image& image);

}  // namespace gsttorch
