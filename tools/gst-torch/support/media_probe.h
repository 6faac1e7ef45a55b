// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lib/base/result.h"

namespace gsttorch {

/// What a video file says of itself. Zero or empty where it says nothing.
struct VideoFacts {
  int width = 0;
  int height = 0;
  int framerate_numerator = 0;
  int framerate_denominator = 1;
  std::uint64_t duration_ns = 0;
  std::string container;  ///< media type of the file, such as video/quicktime

  /// The number of frames by duration and frame rate; none where these are unknown.
  std::optional<std::uint64_t> frames() const;
};

/// Opens the file and decodes as far as its first frame. An Error where it contains no video that
/// can be decoded here. Needs gst_init.
Result<VideoFacts> probe_video(const std::string& path);

}  // namespace gsttorch
