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

/// An 8-bit RGB image with GStreamer's row stride.
struct ReferenceImage {
  std::string path;
  int width = 0, height = 0;  ///< pixels
  std::ptrdiff_t stride = 0;  ///< bytes
  std::vector<std::uint8_t> rgb;

  ImageView view() const;  ///< borrows the pixels
};

/// Decodes any image that GStreamer can decode, or the first frame of a video. Errors name the
/// file. Blocks until the decoder has finished, 30 s at most: see ImageLoader. `stop` cancels it
/// (ErrorCode::Cancelled) once the decoder has finished its current work.
Result<ReferenceImage> read_reference_image(const std::string& path, std::stop_token stop = {});

/// The files that match a name, or a pattern with * and ?, sorted; NotFound if none does.
Result<std::vector<std::string>> reference_files(const std::string& pattern);

}  // namespace gsttorch
