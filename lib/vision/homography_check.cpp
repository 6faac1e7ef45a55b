// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/vision/homography_check.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace gsttorch {
namespace {

constexpr double kMostScale = 32;    // and its inverse
constexpr double kMostStretch = 12;  // of two directions: a plane tilted by 85 degrees
constexpr double kLeastSpread = 4;   // pixels inside the model, half a coarse cell

struct Point {
  double x = 0, y = 0;
};

struct Box {
  Point least{INFINITY, INFINITY}, most{-INFINITY, -INFINITY};

  void add(const Point& p) {
    least = {std::min(least.x, p.x), std::min(least.y, p.y)};
    most = {std::max(most.x, p.x), std::max(most.y, p.y)};
  }
  bool contains(const Point& p) const {
    return p.x >= least.x && p.x <= most.x && p.y >= least.y && p.y <= most.y;
  }
};

// What a homography does around a point.
struct Local {
  double determinant = 0;  // of the Jacobian: the scale of areas; negative if mirrored
  double stretch = 0;      // ratio of the scales of the two principal directions
};

double depth_at(const std::array<double, 9>& h, const Point& p) {
  return h[6] * p.x + h[7] * p.y + h[8];
}

Local local_at(const std::array<double, 9>& h, const Point& p) {
  const double w = depth_at(h, p);
  const double x = (h[0] * p.x + h[1] * p.y + h[2]) / w, y = (h[3] * p.x + h[4] * p.y + h[5]) / w;
  const double a = (h[0] - x * h[6]) / w, b = (h[1] - x * h[7]) / w;
  const double c = (h[3] - y * h[6]) / w, d = (h[4] - y * h[7]) / w;
  const double determinant = a * d - b * c;
  // Of the singular values s >= t: s^2 + t^2 is the sum of squares, s t the determinant.
  const double half = (a * a + b * b + c * c + d * d) / 2;
  const double root = std::sqrt(std::max(0., half * half - determinant * determinant));
  return {determinant, std::sqrt((half + root) / (half - root))};
}

// The convex hull of the points stays convex and keeps its orientation if all points are on one
// side of the horizon and the image is not mirrored.
bool is_shape_possible(const std::array<double, 9>& h, const std::vector<Point>& points) {
  const double side = depth_at(h, points.front());
  return std::all_of(points.begin(), points.end(), [&](const Point& p) {
    if (!(depth_at(h, p) * side > 0)) return false;
    const Local local = local_at(h, p);
    const double scale = std::sqrt(local.determinant);
    return local.determinant > 0 && local.stretch <= kMostStretch && scale <= kMostScale &&
           scale >= 1 / kMostScale;
  });
}

// Standard deviation of points along the direction in which they differ least.
double least_spread(const std::vector<Point>& points) {
  const auto count = static_cast<double>(points.size());
  Point mean;
  for (const Point& p : points) mean = {mean.x + p.x / count, mean.y + p.y / count};
  double xx = 0, xy = 0, yy = 0;
  for (const Point& p : points) {
    xx += (p.x - mean.x) * (p.x - mean.x) / count;
    xy += (p.x - mean.x) * (p.y - mean.y) / count;
    yy += (p.y - mean.y) * (p.y - mean.y) / count;
  }
  const double least = (xx + yy) / 2 - std::hypot((xx - yy) / 2, xy);
  return std::sqrt(std::max(0., least));
}

// Brown and Lowe, "Automatic Panoramic Image Stitching using Invariant Features", section 3.2: a
// match of two images is right if more than 8 + 0.3 n of the n matches in the overlap are inliers.
// Their cameras only rotate. If a scene has depth, the homography of one plane has fewer inliers,
// so less is required of more than 110 matches; wrong matches never agreed to that extent.
bool are_enough(std::size_t inliers, std::size_t in_overlap) {
  const auto n = static_cast<double>(in_overlap);
  return static_cast<double>(inliers) > std::min(8 + 0.3 * n, 30 + 0.1 * n);
}

}  // namespace

bool is_plausible_homography(const std::array<double, 9>& matrix, std::span<const Match> matches,
                             std::span<const std::uint8_t> inliers, double model_pixel) {
  Box first_box, second_box;
  std::vector<Point> first, second;
  for (std::size_t i = 0; i < matches.size(); i++) {
    if (!inliers[i]) continue;
    first.push_back({matches[i].x0, matches[i].y0});
    first_box.add(first.back());
    second.push_back({matches[i].x1, matches[i].y1});
    second_box.add(second.back());
  }
  if (first.empty() || !is_shape_possible(matrix, first)) return false;
  if (least_spread(second) < kLeastSpread * model_pixel) return false;
  const auto in_overlap = std::count_if(matches.begin(), matches.end(), [&](const Match& m) {
    return first_box.contains({m.x0, m.y0}) || second_box.contains({m.x1, m.y1});
  });
  return are_enough(second.size(), static_cast<std::size_t>(in_overlap));
}

}  // namespace gsttorch
