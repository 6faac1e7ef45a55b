// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "tools/gst-torch/support/image.h"
#include "tools/gst-torch/support/video_source.h"

namespace gsttorch {

/// What is played, and how wide its frames become.
struct FrameRequest {
  std::string video;
  VideoSource source;
  int width = 0;  ///< pixels
};

/// Plays a video to its end and hands out some frames, each once and in their order, scaled
/// to square pixels. `numbers`: counted from 0, ascending. An Error where not all of them
/// came, or of `take`, which is not called again after it. Exact where seeking may not be.
Result<void> read_frames(const FrameRequest& request, const std::vector<std::uint64_t>& numbers,
                         const std::function<Result<void>(std::uint64_t, const Image&)>& take);

}  // namespace gsttorch
