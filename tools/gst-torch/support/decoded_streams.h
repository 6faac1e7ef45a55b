// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <gst/video/video.h>

#include "lib/base/result.h"

namespace gsttorch {

/// A video stream. What follows `encoding` is known only of a stream that has a frame.
struct DecodedVideo {
  std::string pad;       ///< of decodebin
  std::string id;        ///< the same each time the file is opened
  std::string encoding;  ///< media type, such as video/x-h264
  bool has_frame = false;
  bool is_default = false;    ///< the file marks it so
  int width = 0, height = 0;  ///< as stored
  int framerate_numerator = 0, framerate_denominator = 1;
  GstVideoOrientationMethod orientation = GST_VIDEO_ORIENTATION_IDENTITY;
  std::uint64_t start_ns = 0;             ///< stream time of the first frame
  std::optional<std::uint64_t> end_ns{};  ///< stream time of the end, where the demuxer knows it
};

/// What decodebin finds in a file.
struct DecodedStreams {
  std::string file_type;               ///< media type, such as video/quicktime
  std::uint64_t duration_ns = 0;       ///< of the longest stream; 0: not known
  std::vector<DecodedVideo> videos;    ///< in the order of the file
  std::string missing_video_decoders;  ///< names, separated by commas
  std::string missing_plugins;         ///< the same for streams of any kind
  bool timed_out = false;
  std::optional<Error> error;  ///< why not all of them were read to their first frame
};

/// Decodes each video stream of a file as far as its first frame. Needs gst_init.
Result<DecodedStreams> read_decoded_streams(const std::string& path);

}  // namespace gsttorch
