// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/core/shots/content_distance.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <span>

namespace gsttorch {
namespace {

constexpr int kWidth = kShotLumaWidth;
constexpr int kHeight = kShotLumaHeight;
constexpr int kMostRight = kWidth / 4;
constexpr int kMostDown = kHeight / 4;
constexpr float kFlat = 2.0F;        // contrast under which a picture shows nothing
constexpr float kOtherGrey = 24.0F;  // brightness that makes one grey another

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

// Of a at (x, y) with b at (x + right, y + down), where both are.
float correlation(std::span<const float> a, std::span<const float> b, int right, int down) {
  const int left = std::max(0, -right);
  const int top = std::max(0, -down);
  const int width = kWidth - std::abs(right);
  const int height = kHeight - std::abs(down);
  Moments sums;
  for (int y = top; y < top + height; ++y) {
    add_row(a.data() + y * kWidth + left, b.data() + (y + down) * kWidth + left + right, width,
            sums);
  }
  const auto n = static_cast<float>(width * height);
  const float variance_a = sums.aa - sums.a * sums.a / n;
  const float variance_b = sums.bb - sums.b * sums.b / n;
  const float least = n * kFlat * kFlat;
  return (sums.ab - sums.a * sums.b / n) /
         std::sqrt(std::max(least, variance_a) * std::max(least, variance_b));
}

}  // namespace

float content_distance(const FrameWindow& window, std::int64_t a, std::int64_t b) {
  if (window.contrast(a) < kFlat && window.contrast(b) < kFlat) {
    return std::abs(window.mean_luma(a) - window.mean_luma(b)) > kOtherGrey ? 1.0F : 0.0F;
  }
  float best = -1;
  for (int down = -kMostDown; down <= kMostDown; ++down) {
    for (int right = -kMostRight; right <= kMostRight; ++right) {
      best = std::max(best, correlation(window.luma(a), window.luma(b), right, down));
    }
  }
  return std::clamp(1 - best, 0.0F, 1.0F);
}

}  // namespace gsttorch
