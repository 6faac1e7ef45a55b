// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>

#include "lib/formats/match.h"

namespace gsttorch {

struct Point {
  double x, y;  ///< pixels, with pixel centres at whole numbers
};

/// Maps a point of the first image to the second: (a x + b y + c, d x + e y + f).
struct AffineMotion {
  double a = 1, b = 0, c = 0;
  double d = 0, e = 1, f = 0;

  Point operator()(const Point& p) const { return {a * p.x + b * p.y + c, d * p.x + e * p.y + f}; }
  double determinant() const { return a * e - b * d; }
  double scale() const;                         ///< pixels of the second per pixel of the first
  std::optional<AffineMotion> inverse() const;  ///< nullopt if the motion is singular
};

struct MotionEstimate {
  AffineMotion motion;
  std::size_t inliers = 0;  ///< matches that agree with the motion
};

/// Estimates the affine motion that most matches follow to within `threshold_px`, with a least
/// squares fit over those: enough to find what two images share. Uses RANSAC with three random
/// matches per sample (Fischler and Bolles, Random sample consensus, 1981); the same matches give
/// the same motion. Returns nullopt for fewer than three matches or if all lie on a line.
std::optional<MotionEstimate> estimate_motion(std::span<const Match> matches, double threshold_px);

}  // namespace gsttorch
