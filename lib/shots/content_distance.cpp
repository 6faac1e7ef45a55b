// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/shots/content_distance.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <span>

namespace gsttorch {
namespace {

constexpr int kWidth = kShotLumaWidth;
constexpr int kHeight = kShotLumaHeight;
constexpr int kMostShift = 4;         // as the divisor of the width and the height
constexpr float kBlack = 24.0F;       // maximum luma of bars, noise included
constexpr int kLeastShare = 3;        // bars leave at least a third of the width and the height
constexpr float kFlat = 2.0F;         // an image with less contrast shows nothing
constexpr float kFlatDetail = 1.0F;   // the same for its detail
constexpr float kOtherGrey = 24.0F;   // brightness difference of two different greys
constexpr int kAround = 2;            // cells on each side in the local mean that detail subtracts
constexpr float kDetailLost = 0.4F;   // correlation of detail that blur and motion may remove
constexpr float kSameDetail = 0.9F;   // correlation of the cells around one that was kept
constexpr float kLeastDetail = 3.0F;  // their standard deviation: flat areas are alike in all shots
constexpr float kContrastChange = 1.5F;  // ratio of their standard deviations
constexpr int kDrift = 1;                // cells by which a calm camera may move

using Image = std::array<float, kShotLumaSize>;

struct Moments {
  float a = 0, b = 0, aa = 0, bb = 0, ab = 0;
};

void add_row(const float* a, const float* b, int length, Moments& sums) {
  Moments row;
  for (int x = 0; x < length; ++x) {
    row.a += a[x];
    row.b += b[x];
    row.aa += a[x] * a[x];
    row.bb += b[x] * b[x];
    row.ab += a[x] * b[x];
  }
  sums.a += row.a, sums.b += row.b, sums.aa += row.aa, sums.bb += row.bb, sums.ab += row.ab;
}

// The part of the images that shows something.
struct Area {
  int left = 0, top = 0, right = kWidth, bottom = kHeight;  // right and bottom: beyond the last

  int width() const { return right - left; }
  int height() const { return bottom - top; }
};

// Correlation of a at (x, y) with b at (x + right, y + down) where the areas overlap.
float correlation(std::span<const float> a, std::span<const float> b, const Area& area, int right,
                  int down, float flat) {
  const int left = area.left + std::max(0, -right);
  const int top = area.top + std::max(0, -down);
  const int width = area.width() - std::abs(right);
  const int height = area.height() - std::abs(down);
  Moments sums;
  for (std::ptrdiff_t y = top; y < top + height; ++y) {
    add_row(a.data() + y * kWidth + left, b.data() + (y + down) * kWidth + left + right, width,
            sums);
  }
  const auto n = static_cast<float>(width * height);
  const float variance_a = sums.aa - sums.a * sums.a / n;
  const float variance_b = sums.bb - sums.b * sums.b / n;
  const float least = n * flat * flat;
  return (sums.ab - sums.a * sums.b / n) /
         std::sqrt(std::max(least, variance_a) * std::max(least, variance_b));
}

// Subtracts from each cell the mean of the surrounding cells inside the area.
Image detail(std::span<const float> luma, const Area& area) {
  Image out;
  for (int y = area.top; y < area.bottom; ++y) {
    for (int x = area.left; x < area.right; ++x) {
      float sum = 0;
      int count = 0;
      const int bottom = std::min(area.bottom - 1, y + kAround);
      const int right = std::min(area.right - 1, x + kAround);
      for (int v = std::max(area.top, y - kAround); v <= bottom; ++v) {
        for (int u = std::max(area.left, x - kAround); u <= right; ++u) {
          sum += luma[v * kWidth + u];
          ++count;
        }
      }
      out[y * kWidth + x] = luma[y * kWidth + x] - sum / static_cast<float>(count);
    }
  }
  return out;
}

// Bars at the borders are the same in all shots, and would make all images similar: what follows
// compares the images between them.
Area area_between_bars(const FrameWindow& window, std::int64_t a, std::int64_t b) {
  const auto is_black = [&](int x, int y) {
    const int at = y * kWidth + x;
    return window.luma(a)[at] + window.mean_luma(a) < kBlack &&
           window.luma(b)[at] + window.mean_luma(b) < kBlack;
  };
  const auto is_bar = [&](bool is_column, int at) {
    for (int i = 0; i < (is_column ? kHeight : kWidth); ++i) {
      if (!(is_column ? is_black(at, i) : is_black(i, at))) return false;
    }
    return true;
  };
  Area area;
  while (area.left < kWidth && is_bar(true, area.left)) ++area.left;
  while (area.right > area.left && is_bar(true, area.right - 1)) --area.right;
  while (area.top < kHeight && is_bar(false, area.top)) ++area.top;
  while (area.bottom > area.top && is_bar(false, area.bottom - 1)) --area.bottom;
  // A bar may end within a cell.
  area.left += area.left > 0;
  area.right -= area.right < kWidth;
  area.top += area.top > 0;
  area.bottom -= area.bottom < kHeight;
  const bool is_small =
      kLeastShare * area.width() < kWidth || kLeastShare * area.height() < kHeight;
  return is_small ? Area() : area;
}

// The cells around (x, y), as far as they and those that are moved by the shift are in the area.
Area around(const Area& area, int x, int y, int right, int down) {
  return {std::max({area.left, area.left - right, x - kAround}),
          std::max({area.top, area.top - down, y - kAround}),
          std::min({area.right, area.right - right, x + kAround + 1}),
          std::min({area.bottom, area.bottom - down, y + kAround + 1})};
}

bool is_same_detail(const Moments& sums, float n) {
  const float variance_a = sums.aa - sums.a * sums.a / n;
  const float variance_b = sums.bb - sums.b * sums.b / n;
  constexpr float kMostRatio = kContrastChange * kContrastChange;
  if (std::min(variance_a, variance_b) < n * kLeastDetail * kLeastDetail) return false;
  if (variance_a > kMostRatio * variance_b || variance_b > kMostRatio * variance_a) return false;
  return sums.ab - sums.a * sums.b / n > kSameDetail * std::sqrt(variance_a * variance_b);
}

// Whether b shows around (x, y) what a shows there, or next to it.
bool is_kept(std::span<const float> a, std::span<const float> b, const Area& area, int x, int y) {
  for (int down = -kDrift; down <= kDrift; ++down) {
    for (int right = -kDrift; right <= kDrift; ++right) {
      const Area cells = around(area, x, y, right, down);
      Moments sums;
      for (std::ptrdiff_t v = cells.top; v < cells.bottom; ++v) {
        add_row(a.data() + v * kWidth + cells.left,
                b.data() + (v + down) * kWidth + cells.left + right, cells.width(), sums);
      }
      if (is_same_detail(sums, static_cast<float>(cells.width() * cells.height()))) return true;
    }
  }
  return false;
}

}  // namespace

float content_distance(const FrameWindow& window, std::int64_t a, std::int64_t b) {
  if (window.contrast(a) < kFlat && window.contrast(b) < kFlat) {
    return std::abs(window.mean_luma(a) - window.mean_luma(b)) > kOtherGrey ? 1.0F : 0.0F;
  }
  const Area area = area_between_bars(window, a, b);
  const int most_down = area.height() / kMostShift, most_right = area.width() / kMostShift;
  const Image detail_a = detail(window.luma(a), area), detail_b = detail(window.luma(b), area);
  float best = -1;
  for (int down = -most_down; down <= most_down; ++down) {
    for (int right = -most_right; right <= most_right; ++right) {
      const float whole = correlation(window.luma(a), window.luma(b), area, right, down, kFlat);
      if (whole <= best) continue;
      const float fine = correlation(detail_a, detail_b, area, right, down, kFlatDetail);
      best = std::max(best, std::min(whole, fine + kDetailLost));
    }
  }
  return std::clamp(1 - best, 0.0F, 1.0F);
}

float kept_share(const FrameWindow& window, std::int64_t a, std::int64_t b) {
  const Area area = area_between_bars(window, a, b);
  int kept = 0;
  for (int y = area.top; y < area.bottom; ++y) {
    for (int x = area.left; x < area.right; ++x) {
      kept += is_kept(window.luma(a), window.luma(b), area, x, y);
    }
  }
  return static_cast<float>(kept) / static_cast<float>(area.width() * area.height());
}

}  // namespace gsttorch
