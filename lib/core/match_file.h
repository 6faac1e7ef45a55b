// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "lib/core/match.h"
#include "lib/core/result.h"

namespace gsttorch {

/// Lines `x0,y0,x1,y1,confidence,inlier` under a line of these names. Without `inliers`, which else
/// has one for each match, all count as such.
std::string match_csv(std::span<const Match> matches, std::span<const std::uint8_t> inliers);

/// Writes them to a file, replacing it.
Result<void> write_match_csv(const std::string& path, std::span<const Match> matches,
                             std::span<const std::uint8_t> inliers);

}  // namespace gsttorch
