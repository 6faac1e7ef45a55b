// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <array>
#include <span>
#include <vector>

#include "lib/formats/match.h"

namespace gsttorch {

/// Row by row: second = H first, in homogeneous pixels.
using Homography = std::array<double, 9>;

/// Matches and geometry are right to this many pixels.
inline constexpr double kRightPx = 2;

/// Whether the homography maps the first point of a match to within kRightPx of the second.
bool agrees(const Match& match, const Homography& homography);

/// Share of the matches that agree; 0 for none.
double precision(std::span<const Match> matches, const Homography& homography);

/// Mean distance between where two homographies map the corners of the smallest box around the
/// first points of `matches` (at least one), in pixels; infinity if one of them maps a corner to
/// the horizon.
double corner_error_px(const Homography& one, const Homography& other,
                       std::span<const Match> matches);

/// 1 for no corner error, 0 from 10 px. The mean of this over frames is the area under the curve of
/// right homographies up to 10 px, as Sun et al. report it ("LoFTR", CVPR 2021, section 4.1).
double corner_score(double corner_error_px);

/// For each match whether the others have one whose two points are both within kRightPx of its.
std::vector<bool> have_counterpart(std::span<const Match> matches, std::span<const Match> others);

/// Harmonic mean of the shares of matches that have a counterpart on the other side; 1 for two
/// empty lists.
double match_f1(std::span<const Match> one, std::span<const Match> other);

}  // namespace gsttorch
