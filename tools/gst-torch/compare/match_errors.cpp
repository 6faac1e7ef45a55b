// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/compare/match_errors.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace gsttorch {
namespace {

constexpr double kWorstCornerPx = 10;

struct Point {
  double x = 0, y = 0;
};

Point first_of(const Match& m) { return {double{m.x0}, double{m.y0}}; }
Point second_of(const Match& m) { return {double{m.x1}, double{m.y1}}; }

double distance(const Point& a, const Point& b) { return std::hypot(a.x - b.x, a.y - b.y); }

// Infinite or NaN on the horizon.
Point mapped(const Homography& h, const Point& p) {
  const double w = h[6] * p.x + h[7] * p.y + h[8];
  return {(h[0] * p.x + h[1] * p.y + h[2]) / w, (h[3] * p.x + h[4] * p.y + h[5]) / w};
}

std::array<Point, 4> corners_of(std::span<const Match> matches) {
  Point least = first_of(matches.front()), most = least;
  for (const Match& m : matches) {
    const Point p = first_of(m);
    least = {std::min(least.x, p.x), std::min(least.y, p.y)};
    most = {std::max(most.x, p.x), std::max(most.y, p.y)};
  }
  return {least, {most.x, least.y}, most, {least.x, most.y}};
}

bool are_near(const Match& a, const Match& b) {
  return distance(first_of(a), first_of(b)) <= kRightPx &&
         distance(second_of(a), second_of(b)) <= kRightPx;
}

bool is_left_of(const Match& a, const Match& b) { return a.x0 < b.x0; }

double share(const std::vector<bool>& flags) {
  const auto count = std::count(flags.begin(), flags.end(), true);
  return flags.empty() ? 0 : static_cast<double>(count) / static_cast<double>(flags.size());
}

}  // namespace

bool agrees(const Match& match, const Homography& homography) {
  return distance(mapped(homography, first_of(match)), second_of(match)) <= kRightPx;
}

double precision(std::span<const Match> matches, const Homography& homography) {
  if (matches.empty()) return 0;
  const auto right = std::count_if(matches.begin(), matches.end(),
                                   [&](const Match& m) { return agrees(m, homography); });
  return static_cast<double>(right) / static_cast<double>(matches.size());
}

double corner_error_px(const Homography& one, const Homography& other,
                       std::span<const Match> matches) {
  double sum = 0;
  const auto corners = corners_of(matches);
  for (const Point& corner : corners) sum += distance(mapped(one, corner), mapped(other, corner));
  return std::isfinite(sum) ? sum / static_cast<double>(corners.size()) : INFINITY;
}

double corner_score(double corner_error_px) {
  return std::max(0., 1 - corner_error_px / kWorstCornerPx);
}

// Only those in a column around the point are looked at.
std::vector<bool> have_counterpart(std::span<const Match> matches, std::span<const Match> others) {
  std::vector<Match> sorted(others.begin(), others.end());
  std::sort(sorted.begin(), sorted.end(), is_left_of);
  std::vector<bool> found;
  found.reserve(matches.size());
  for (const Match& match : matches) {
    Match left = match, right = match;
    left.x0 -= static_cast<float>(kRightPx);
    right.x0 += static_cast<float>(kRightPx);
    const auto first = std::lower_bound(sorted.begin(), sorted.end(), left, is_left_of);
    const auto last = std::upper_bound(first, sorted.end(), right, is_left_of);
    found.push_back(std::any_of(first, last, [&](const Match& m) { return are_near(match, m); }));
  }
  return found;
}

double match_f1(std::span<const Match> one, std::span<const Match> other) {
  if (one.empty() && other.empty()) return 1;
  const double a = share(have_counterpart(one, other)), b = share(have_counterpart(other, one));
  return a + b > 0 ? 2 * a * b / (a + b) : 0;
}

}  // namespace gsttorch
