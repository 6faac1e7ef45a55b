// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/pairs/match_visual.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace gsttorch {
namespace {

using Color = std::array<std::uint8_t, 3>;
constexpr Color kInlier{40, 220, 80}, kOutlier{230, 60, 50};
constexpr std::size_t kMostLines = 400;

void copy_beside(const Image& from, int left, Image& to) {
  const std::size_t row = std::size_t{3} * static_cast<std::size_t>(from.width);
  for (int y = 0; y < from.height; y++) {
    std::memcpy(to.rgb.data() + 3 * (static_cast<std::size_t>(y) * to.width + left),
                from.rgb.data() + row * static_cast<std::size_t>(y), row);
  }
}

void put(Image& image, double x, double y, const Color& color) {
  if (!std::isfinite(x) || !std::isfinite(y)) return;
  const long column = std::lround(x), row = std::lround(y);
  if (column < 0 || row < 0 || column >= image.width || row >= image.height) return;
  std::copy(color.begin(), color.end(), image.rgb.begin() + 3 * (row * image.width + column));
}

void draw_line(Image& image, const Match& match, int left, const Color& color) {
  const double dx = match.x1 + left - match.x0, dy = match.y1 - match.y0;
  const int steps = std::max(1, static_cast<int>(std::max(std::fabs(dx), std::fabs(dy))));
  for (int i = 0; i <= steps; i++) {
    put(image, match.x0 + dx * i / steps, match.y0 + dy * i / steps, color);
  }
}

}  // namespace

Image draw_matches(const Image& first, const Image& second, std::span<const Match> matches,
                   std::span<const std::uint8_t> inliers) {
  Image image{first.width + second.width, std::max(first.height, second.height), {}};
  image.rgb.resize(std::size_t{3} * static_cast<std::size_t>(image.width) *
                   static_cast<std::size_t>(image.height));
  copy_beside(first, 0, image);
  copy_beside(second, first.width, image);
  const std::size_t step = std::max<std::size_t>(1, matches.size() / kMostLines);
  for (std::size_t i = 0; i < matches.size(); i += step) {
    const bool agrees = inliers.empty() || inliers[i];
    draw_line(image, matches[i], first.width, agrees ? kInlier : kOutlier);
  }
  return image;
}

}  // namespace gsttorch
