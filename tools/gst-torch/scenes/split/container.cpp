// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/scenes/split/container.h"

#include <algorithm>
#include <string_view>

#include <gst/pbutils/pbutils.h>

namespace gsttorch {
namespace {

constexpr Container kMp4{"mp4mux", ".mp4"}, kMatroska{"matroskamux", ".mkv"};

}  // namespace

bool is_mp4(const Container& container) { return container.extension == std::string_view(".mp4"); }

bool can_hold(const Container& container, GstCaps* caps) {
  const auto factory = Ref<GstElementFactory>::adopt(gst_element_factory_find(container.muxer));
  return factory && gst_element_factory_can_sink_any_caps(factory.get(), caps);
}

std::string describe(GstCaps* caps) {
  g_autofree gchar* text = gst_pb_utils_get_codec_description(caps);
  return text ? text : gst_structure_get_name(gst_caps_get_structure(caps, 0));
}

Result<Container> choose_container(const std::string& source, GstCaps* video,
                                   const std::vector<MediaStream>& audio) {
  const auto fits_mp4 = [](const MediaStream& s) { return can_hold(kMp4, s.caps.get()); };
  if (source == "video/quicktime" && can_hold(kMp4, video) &&
      std::all_of(audio.begin(), audio.end(), fits_mp4)) {
    return kMp4;
  }
  if (can_hold(kMatroska, video)) return kMatroska;
  return Error{ErrorCode::BadArgument,
               "Matroska cannot hold the stream (" + describe(video) + "): use --reencode"};
}

}  // namespace gsttorch
