// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include "lib/base/result.h"

namespace gsttorch {

/// What encodes video again.
struct Encoder {
  std::string launch;  ///< as gst-launch-1.0 reads it; the element is named "encoder"
  std::string caps;    ///< of what it makes
};

/// x264enc, else vp8enc, for images of this size; an Error where neither can be had. Sizes that
/// are odd go to VP8, as x264 halves the chroma planes. Needs gst_init.
Result<Encoder> choose_encoder(int width, int height);

}  // namespace gsttorch
