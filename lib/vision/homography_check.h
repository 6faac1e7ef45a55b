// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "lib/formats/match.h"

namespace gsttorch {

/// Returns whether a camera that sees a plane from two positions can produce this homography with
/// these inliers. A robust estimator also fits matrices to wrong matches: they mirror or fold the
/// image, collapse it to a line, or agree only with a few of the matches.
///
/// `matrix`: row by row, second = H first. `inliers`: 1 or 0 per match. `model_pixel`: as in
/// GeometryOptions.
bool is_plausible_homography(const std::array<double, 9>& matrix, std::span<const Match> matches,
                             std::span<const std::uint8_t> inliers, double model_pixel);

}  // namespace gsttorch
