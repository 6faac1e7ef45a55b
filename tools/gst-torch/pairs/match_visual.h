// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <span>

#include "lib/formats/match.h"
#include "tools/gst-torch/support/image.h"

namespace gsttorch {

/// Both images side by side, and a line from each point to the one it belongs to: green, or red
/// where `inliers` (one for each match, or none at all) says that it does not agree with the rest.
/// Of very many matches only some are drawn.
Image draw_matches(const Image& first, const Image& second, std::span<const Match> matches,
                   std::span<const std::uint8_t> inliers);

}  // namespace gsttorch
