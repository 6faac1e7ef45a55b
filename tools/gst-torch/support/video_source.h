// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>
#include <vector>

namespace gsttorch {

/// Which of a file's video streams is decoded, and whether its frames have to be turned.
struct VideoSource {
  std::string pad;              ///< decodebin's pad of the stream; empty: it has no other video
  bool is_transformed = false;  ///< shown rotated or mirrored, as the stream's tags say
};

/// What follows filesrc: decodes that stream and hands out frames as they are displayed. In the
/// words that gst-launch-1.0 takes.
std::vector<std::string> decoding_words(const VideoSource& source);

/// The same with filesrc, named "source", as one text.
std::string decoding_launch(const VideoSource& source);

}  // namespace gsttorch
