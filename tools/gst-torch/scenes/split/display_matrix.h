// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include "lib/base/result.h"

namespace gsttorch {

/// Writes how images are to be turned into the video track of an MP4 file: GStreamer 1.22's mp4mux
/// always writes the identity. `orientation`: GStreamer's tag image-orientation, "rotate-90" or
/// "flip-rotate-90"; empty: the file stays as it is.
Result<void> set_display_matrix(const std::string& path, const std::string& orientation);

}  // namespace gsttorch
