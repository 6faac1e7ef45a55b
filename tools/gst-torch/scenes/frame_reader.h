// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "tools/gst-torch/support/image.h"

namespace gsttorch {

/// Plays a video to its end and hands out some frames, each once and in their order, scaled to
/// `width` with square pixels. `numbers`: counted from 0, ascending. An Error where not all of them
/// came, or of `take`, which is not called again after it. Exact where seeking may not be.
Result<void> read_frames(const std::string& video, const std::vector<std::uint64_t>& numbers,
                         int width,
                         const std::function<Result<void>(std::uint64_t, const Image&)>& take);

}  // namespace gsttorch
