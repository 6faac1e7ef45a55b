// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lib/base/result.h"
#include "tools/gst-torch/support/video_source.h"

namespace gsttorch {

/// What a file says of one of its video streams. Zero or empty where it says nothing.
struct VideoFacts {
  int stream = 0;         ///< its number among the file's video streams
  std::string stream_id;  ///< the same each time the file is opened
  VideoSource source;
  int width = 0, height = 0;                ///< as displayed
  int stored_width = 0, stored_height = 0;  ///< as decoded
  int framerate_numerator = 0;
  int framerate_denominator = 1;
  std::uint64_t duration_ns = 0;        ///< of the stream, or else of the file
  std::uint64_t start_ns = 0;           ///< stream time of the first frame
  std::optional<std::uint64_t> end_ns;  ///< stream time of the end, where the demuxer knows it
  std::string container;                ///< media type of the file, such as video/quicktime

  /// About how many frames, by duration and frame rate; none where these are unknown.
  std::optional<std::uint64_t> frames() const;
};

/// What is wrong with a file that contains an image, but cannot be decoded: `error` in better
/// words, where there are any.
Error explain_image_error(const std::string& path, const Error& error);

/// Opens the file and decodes as far as the first frame. An Error where it contains no video that
/// can be decoded here. `stream`: number of the video stream; none: the one that the file marks as
/// default, else the longest, but no picture if there is a video. Needs gst_init.
Result<VideoFacts> probe_video(const std::string& path, std::optional<int> stream = {});

}  // namespace gsttorch
