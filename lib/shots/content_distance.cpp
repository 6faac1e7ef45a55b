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
constexpr int kMostRight = kWidth / 4;
constexpr int kMostDown = kHeight / 4;
constexpr float kFlat = 2.0F;        // an image with less contrast shows nothing
constexpr float kFlatDetail = 1.0F;  // the same for its detail
constexpr float kOtherGrey = 24.0F;  // brightness difference of two different greys
constexpr int kAround = 2;           // cells on each side in the local mean that detail subtracts
constexpr float kDetailLost = 0.4F;  // correlation of detail that blur and motion may remove

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

// Correlation of a at (x, y) with b at (x + right, y + down) where the images overlap.
float correlation(std::span<const float> a, std::span<const float> b, int right, int down,
                  float flat) {
  const int left = std::max(0, -right);
  const int top = std::max(0, -down);
  const int width = kWidth - std::abs(right);
  const int height = kHeight - std::abs(down);
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

// Subtracts from each cell the mean of the surrounding cells inside the image.
Image detail(std::span<const float> luma) {
  Image out;
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      float sum = 0;
      int count = 0;
      for (int v = std::max(0, y - kAround); v <= std::min(kHeight - 1, y + kAround); ++v) {
        for (int u = std::max(0, x - kAround); u <= std::min(kWidth - 1, x + kAround); ++u) {
          sum += luma[v * kWidth + u];
          ++count;
        }
      }
      out[y * kWidth + x] = luma[y * kWidth + x] - sum / static_cast<float>(count);
    }
  }
  return out;
}

}  // namespace

float content_distance(const FrameWindow& window, std::int64_t a, std::int64_t b) {
  if (window.contrast(a) < kFlat && window.contrast(b) < kFlat) {
    return std::abs(window.mean_luma(a) - window.mean_luma(b)) > kOtherGrey ? 1.0F : 0.0F;
  }
  const Image detail_a = detail(window.luma(a)), detail_b = detail(window.luma(b));
  float best = -1;
  for (int down = -kMostDown; down <= kMostDown; ++down) {
    for (int right = -kMostRight; right <= kMostRight; ++right) {
      const float whole = correlation(window.luma(a), window.luma(b), right, down, kFlat);
      if (whole <= best) continue;
      const float fine = correlation(detail_a, detail_b, right, down, kFlatDetail);
      best = std::max(best, std::min(whole, fine + kDetailLost));
    }
  }
  return std::clamp(1 - best, 0.0F, 1.0F);
}

}  // namespace gsttorch
