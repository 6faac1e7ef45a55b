// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/analysisoverlay/match_drawing.h"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

#include "gst/analysisoverlay/label.h"

namespace gsttorch {
namespace {

constexpr int kShift = 4;                // coordinates are sixteenths of a pixel
constexpr std::size_t kMostPairs = 200;  // lines across two images; more would hide the images

/// Scales between pixel grids that cover the same area: x' = (x + 0.5) factor - 0.5.
cv::Point2d scaled(double x, double y, const cv::Size& from, const cv::Size& to) {
  const double sx = from.width > 0 ? static_cast<double>(to.width) / from.width : 1;
  const double sy = from.height > 0 ? static_cast<double>(to.height) / from.height : 1;
  return {(x + 0.5) * sx - 0.5, (y + 0.5) * sy - 0.5};
}

bool can_be_drawn(const cv::Point2d& p) {
  constexpr double kFarAway = 1e5;                              // well within the range of drawing
  return std::abs(p.x) < kFarAway && std::abs(p.y) < kFarAway;  // false for NaN
}

cv::Point fixed(const cv::Point2d& p) {
  constexpr int kOne = 1 << kShift;
  return {static_cast<int>(std::lround(p.x * kOne)), static_cast<int>(std::lround(p.y * kOne))};
}

int line_width(const Canvas& canvas) { return std::max(1, canvas.pixels.rows / 480); }

void draw_line(const Canvas& canvas, const cv::Point2d& from, const cv::Point2d& to,
               const cv::Scalar& color, int width) {
  cv::Mat pixels = canvas.pixels;
  cv::line(pixels, fixed(from), fixed(to), color, width, cv::LINE_AA, kShift);
}

void draw_dot(const Canvas& canvas, const cv::Point2d& at, const cv::Scalar& color) {
  const int radius = static_cast<int>(std::max(1.2, canvas.pixels.rows / 300.) * (1 << kShift));
  cv::Mat pixels = canvas.pixels;
  cv::circle(pixels, fixed(at), radius, color, cv::FILLED, cv::LINE_AA, kShift);
}

/// Green for inliers or confident matches, red for others, yellow between.
cv::Scalar color_of(const MatchRows& rows, std::size_t i, MatchColor coloring,
                    const Canvas& canvas) {
  const double sure = coloring == MatchColor::Inliers ? rows.is_inlier(i)
                                                      : std::clamp(rows.at(i).confidence, 0.f, 1.f);
  const auto level = [](double share) {
    return static_cast<int>(std::lround(255 * std::clamp(share, 0., 1.)));
  };
  return color(canvas, level(2 - 2 * sure), level(2 * sure), 48);
}

/// Calls `draw` with the index of every `step`th match: first the larger group of inliers and
/// outliers, then the smaller one, so that it stays visible.
template <typename Draw>
void for_each_match(const MatchRows& rows, std::size_t step, Draw&& draw) {
  std::size_t inliers = 0;
  for (std::size_t i = 0; i < rows.count; i++) inliers += rows.is_inlier(i);
  const bool many = 2 * inliers >= rows.count;
  for (const bool wanted : {many, !many}) {
    for (std::size_t i = 0; i < rows.count; i += step) {
      if (rows.is_inlier(i) == wanted) draw(i);
    }
  }
}

struct Trail {
  cv::Point2d then, now;
};

std::optional<Trail> trail_of(const MatchView& matches, std::size_t i, const cv::Size& size) {
  const Match m = matches.rows.at(i);
  const Trail trail{scaled(m.x0, m.y0, matches.reference, size),
                    scaled(m.x1, m.y1, matches.frame, size)};
  if (!can_be_drawn(trail.then) || !can_be_drawn(trail.now)) return std::nullopt;
  return trail;
}

/// Returns n to draw every nth trail, so that the trails leave most of the image visible.
std::size_t trail_step(const MatchView& matches, const cv::Size& size) {
  constexpr double kMostInk = 0.12;  // of the image's area
  double length = 0;
  for (std::size_t i = 0; i < matches.rows.count; i++) {
    if (const auto trail = trail_of(matches, i, size)) {
      length += cv::norm(trail->now - trail->then);
    }
  }
  return 1 + static_cast<std::size_t>(length / (kMostInk * size.area()));
}

/// Maps a point with a homography; returns nullopt if the result is behind the camera.
std::optional<cv::Point2d> mapped(const std::array<double, 9>& h, const cv::Point2d& p) {
  const double w = h[6] * p.x + h[7] * p.y + h[8];
  if (!(w * h[8] > 1e-9 * std::abs(h[8]))) return std::nullopt;
  return cv::Point2d((h[0] * p.x + h[1] * p.y + h[2]) / w, (h[3] * p.x + h[4] * p.y + h[5]) / w);
}

}  // namespace

void draw_trails(const MatchView& matches, MatchColor coloring, const Canvas& canvas) {
  const cv::Size size = canvas.pixels.size();
  for_each_match(matches.rows, trail_step(matches, size), [&](std::size_t i) {
    const auto trail = trail_of(matches, i, size);
    if (!trail) return;
    const cv::Scalar ink = color_of(matches.rows, i, coloring, canvas);
    draw_line(canvas, trail->then, trail->now, ink, line_width(canvas));
    draw_dot(canvas, trail->now, ink);
  });
}

void draw_pairs(const MatchView& matches, MatchColor coloring, const Canvas& canvas) {
  const int width = canvas.pixels.cols / 2;
  const cv::Size half(width, canvas.pixels.rows);
  const std::size_t step = (matches.rows.count + kMostPairs - 1) / kMostPairs;
  for_each_match(matches.rows, std::max<std::size_t>(1, step), [&](std::size_t i) {
    const Match m = matches.rows.at(i);
    const cv::Point2d now = scaled(m.x1, m.y1, matches.frame, half);
    const cv::Point2d then = scaled(m.x0, m.y0, matches.reference, half) + cv::Point2d(width, 0);
    if (!can_be_drawn(then) || !can_be_drawn(now)) return;
    const cv::Scalar ink = color_of(matches.rows, i, coloring, canvas);
    draw_line(canvas, now, then, ink, line_width(canvas));
    draw_dot(canvas, now, ink);
    draw_dot(canvas, then, ink);
  });
}

void draw_outline(const MatchView& matches, const Canvas& canvas) {
  if (!matches.homography) return;
  constexpr int kParts = 16;  // segments per side, as part of a side may be behind the camera
  const double right = matches.reference.width - 1, bottom = matches.reference.height - 1;
  const cv::Point2d corners[] = {{0, 0}, {right, 0}, {right, bottom}, {0, bottom}, {0, 0}};
  const auto place = [&](int side, int part) -> std::optional<cv::Point2d> {
    const double share = static_cast<double>(part) / kParts;
    const auto at =
        mapped(*matches.homography, corners[side] * (1 - share) + corners[side + 1] * share);
    if (!at) return std::nullopt;
    const cv::Point2d drawn = scaled(at->x, at->y, matches.frame, canvas.pixels.size());
    return can_be_drawn(drawn) ? std::optional(drawn) : std::nullopt;
  };
  for (const int extra : {2, 0}) {  // a black edge first
    const cv::Scalar ink = extra ? color(canvas, 0, 0, 0) : color(canvas, 255, 192, 0);
    for (int side = 0; side < 4; side++) {
      for (int part = 0; part < kParts; part++) {
        const auto from = place(side, part), to = place(side, part + 1);
        if (from && to) draw_line(canvas, *from, *to, ink, 2 * line_width(canvas) + extra);
      }
    }
  }
}

}  // namespace gsttorch
