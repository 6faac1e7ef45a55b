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
  double x, y;  ///< pixels, pixel centres being whole numbers
};

/// Takes a point of the first image to the second: (a x + b y + c, d x + e y + f).
struct AffineMotion {
  double a = 1, b = 0, c = 0;
  double d = 0, e = 1, f = 0;

  Point operator()(const Point& p) const { return {a * p.x + b * p.y + c, d * p.x + e * p.y + f}; }
  double determinant() const { return a * e - b * d; }
  double scale() const;                         ///< pixels of the second for one of the first
  std::optional<AffineMotion> inverse() const;  ///< none where it flattens the plane
};

struct MotionEstimate {
  AffineMotion motion;
  std::size_t inliers = 0;  ///< matches that it explains
};

/// The affine motion that most matches follow to within `threshold_px`, by least squares over
/// those: enough to tell what two images share. Three matches drawn at random propose one, many
/// times (Fischler and Bolles, Random sample consensus, 1981); the same matches give the same
/// motion. None for fewer than three matches, or where all lie on a line.
std::optional<MotionEstimate> estimate_motion(std::span<const Match> matches, double threshold_px);

}  // namespace gsttorch
