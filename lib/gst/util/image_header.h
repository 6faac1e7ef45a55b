// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include <gst/video/video.h>

namespace gsttorch {

/// What a JPEG or PNG file says that GStreamer's decoders do not pass on. Of other files: nothing.
struct ImageHeader {
  /// How the decoded pixels become the displayed image (EXIF).
  GstVideoOrientationMethod orientation = GST_VIDEO_ORIENTATION_IDENTITY;
  bool is_cmyk = false;       ///< or YCCK: four components
  bool is_animated = false;   ///< a PNG file of several frames
  bool is_truncated = false;  ///< the end of the image is missing
};

ImageHeader read_image_header(const std::string& path);

/// What follows filesrc, as gst_parse_launch reads it: decodes an image, or the first frame of a
/// video, to the RGB that is displayed.
std::string image_decoding_elements(const ImageHeader& header);

}  // namespace gsttorch
