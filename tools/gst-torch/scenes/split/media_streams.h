// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <gst/gst.h>

#include "lib/base/result.h"
#include "lib/gst/util/ref.h"
#include "lib/results/split_plan.h"

namespace gsttorch {

/// An encoded stream of a file, as parsebin hands it out.
struct MediaStream {
  std::string id;     ///< the same each time the file is opened
  Ref<GstCaps> caps;  ///< of its first packet
};

struct MediaStreams {
  MediaStream video;  ///< the one that is analysed
  std::vector<MediaStream> audio;
  std::vector<EncodedPacket> packets;  ///< of the video, in the order of the file
  bool all_timed = true;               ///< false: some packets have no timestamp
  bool changes_format = false;         ///< size or parameter sets, as the packets' caps say
  std::string orientation;             ///< GStreamer's tag image-orientation; empty: upright
};

/// Reads a file to its end without decoding it. `video_id`: the stream that is analysed. Needs
/// gst_init.
Result<MediaStreams> read_streams(const std::string& path, const std::string& video_id);

/// Whether a packet is codec data before the first frame, which its caps repeat.
bool is_header(GstBuffer* packet, GstCaps* caps);

enum class StreamKind { Video, Audio, Other };
StreamKind kind_of(GstPad* pad);
std::string stream_id_of(GstPad* pad);

}  // namespace gsttorch
