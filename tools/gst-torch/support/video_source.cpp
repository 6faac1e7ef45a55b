// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/support/video_source.h"

namespace gsttorch {

std::vector<std::string> decoding_words(const VideoSource& source) {
  std::vector<std::string> words{"decodebin"};
  if (!source.pad.empty()) words.push_back("." + source.pad);
  // videoconvert takes only video: the pads of other streams find no partner and are left alone.
  words.insert(words.end(), {"!", "videoconvert"});
  // videoflip takes fewer formats than models do, so it is left out where it has nothing to do.
  if (source.is_transformed) words.insert(words.end(), {"!", "videoflip", "video-direction=auto"});
  return words;
}

std::string decoding_launch(const VideoSource& source) {
  std::string text = "filesrc name=source !";
  for (const std::string& word : decoding_words(source)) text += " " + word;
  return text;
}

}  // namespace gsttorch
