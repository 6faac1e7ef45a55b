// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include <gst/gst.h>

#include "tools/gst-torch/scenes/split/media_streams.h"

namespace gsttorch {

/// What parts are written as.
struct Container {
  const char* muxer;      ///< factory
  const char* extension;  ///< with its dot
};

/// MP4 for a source in MP4 or QuickTime, if MP4 can hold all streams; else Matroska, which can hold
/// nearly everything. `source`: the media type of the file. An Error that names --reencode
/// where neither can hold the video.
Result<Container> choose_container(const std::string& source, GstCaps* video,
                                   const std::vector<MediaStream>& audio);

/// Whether the files have a display matrix.
bool is_mp4(const Container& container);

bool can_hold(const Container& container, GstCaps* caps);

/// "H.264 (High Profile)"
std::string describe(GstCaps* caps);

}  // namespace gsttorch
