// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/engine/image.h"

namespace gsttorch {

/// An image of 8-bit R, G, B, rows as GStreamer pads them.
struct ReferenceImage {
  std::string path;
  int width = 0, height = 0;  ///< pixels
  std::ptrdiff_t stride = 0;  ///< bytes
  std::vector<std::uint8_t> rgb;

  ImageView view() const;  ///< borrows the pixels
};

/// Whatever GStreamer can decode; of a video, the first frame. Errors name the file. Takes as long
/// as the decoder does, 30 s at most: see ImageLoader. `stop` ends it with ErrorCode::Cancelled
/// as soon as the decoder is through with what it has at hand.
Result<ReferenceImage> read_reference_image(const std::string& path, std::stop_token stop = {});

/// The files that a name, or a pattern with * and ?, stands for, sorted; NotFound where none is.
Result<std::vector<std::string>> reference_files(const std::string& pattern);

}  // namespace gsttorch
