// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/formats/flow_color.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace gsttorch {
namespace {

// The colour wheel: each segment is a linear transition between two hues in `entries` steps.
struct Segment {
  int entries;
  Rgb from;
  Rgb to;
};
constexpr Segment kSegments[] = {
    {15, {255, 0, 0}, {255, 255, 0}},  // red to yellow
    {6, {255, 255, 0}, {0, 255, 0}},   // to green
    {4, {0, 255, 0}, {0, 255, 255}},   // to cyan
    {11, {0, 255, 255}, {0, 0, 255}},  // to blue
    {13, {0, 0, 255}, {255, 0, 255}},  // to magenta
    {6, {255, 0, 255}, {255, 0, 0}},   // and back
};
constexpr int kEntries = 15 + 6 + 4 + 11 + 13 + 6;
constexpr int kFine = 64;  // steps between two entries, each below one level
constexpr int kFineEntries = (kEntries - 1) * kFine;
constexpr float kUnknownRadius = -1;

using Color = std::array<float, 3>;  // 0..255

std::array<Color, kEntries> make_wheel() {
  std::array<Color, kEntries> wheel{};
  int k = 0;
  for (const Segment& segment : kSegments) {
    for (int i = 0; i < segment.entries; i++, k++) {
      for (int c = 0; c < 3; c++) {
        const int change = 255 * i / segment.entries;  // whole levels, as in the original
        wheel[k][c] = static_cast<float>(segment.to[c] > segment.from[c]   ? change
                                         : segment.to[c] < segment.from[c] ? 255 - change
                                                                           : segment.from[c]);
      }
    }
  }
  return wheel;
}

Color wheel_color(float position) {  // 0..kEntries - 1
  static const std::array<Color, kEntries> wheel = make_wheel();
  const int k = std::clamp(static_cast<int>(position), 0, kEntries - 1);
  const int next = (k + 1) % kEntries;
  const float f = position - static_cast<float>(k);
  Color color;
  for (int c = 0; c < 3; c++) color[c] = (1 - f) * wheel[k][c] + f * wheel[next][c];
  return color;
}

std::uint8_t shade(float full, float radius) {
  const float level = radius <= 1 ? 255 - radius * (255 - full) : 0.75f * full;
  return static_cast<std::uint8_t>(level + 0.001f);  // so that rounding errors do not cost a level
}

struct FineWheel {
  std::array<Color, kFineEntries + 1> colors;
};

const FineWheel& fine_wheel() {
  static const FineWheel wheel = [] {
    FineWheel fine;
    for (int i = 0; i <= kFineEntries; i++) {
      fine.colors[i] = wheel_color(static_cast<float>(i) / kFine);
    }
    return fine;
  }();
  return wheel;
}

/// atan2(y, x) / pi for finite arguments, accurate to 2e-6 (0 for the zero vector). Has no branches
/// and no calls. For atan on 0..1 it uses Abramowitz and Stegun's formula 4.4.49 and mirrors the
/// result into the other octants.
inline float half_turns(float y, float x) {
  const float ax = std::fabs(x), ay = std::fabs(y);
  const float large = ax > ay ? ax : ay;
  const float small = ax > ay ? ay : ax;
  const float t = small / (large > 1e-30f ? large : 1e-30f);
  const float s = t * t;
  float a = 0.0028662257f;
  a = a * s - 0.0161657367f;
  a = a * s + 0.0429096138f;
  a = a * s - 0.0752896400f;
  a = a * s + 0.1065626393f;
  a = a * s - 0.1420889944f;
  a = a * s + 0.1999355085f;
  a = a * s - 0.3333314528f;
  a = (a * s + 1.0f) * t * 0.3183098862f;
  const float mirrored = 0.5f - a;
  a = ay > ax ? mirrored : a;
  const float opposite = 1.0f - a;
  a = x < 0 ? opposite : a;
  return std::copysign(a, y);
}

/// Converts a row to polar form. Has no branch and no call, so that the compiler vectorises it.
void to_polar(const float* pairs, int count, const FlowColoring& coloring, float* radius,
              int* position) {
  const float sx = coloring.scale_x / coloring.max_magnitude;
  const float sy = coloring.scale_y / coloring.max_magnitude;
  for (std::ptrdiff_t i = 0; i < count; i++) {
    const float px = pairs[2 * i], py = pairs[2 * i + 1];
    const bool known = (std::fabs(px) <= 1e9f) & (std::fabs(py) <= 1e9f);
    const float x = known ? px * sx : 0.0f;
    const float y = (known ? py * sy : 0.0f) + 0.0f;  // not -0: the wheel's seam separates them
    const float length = std::sqrt(x * x + y * y);
    radius[i] = known ? length : kUnknownRadius;
    position[i] = static_cast<int>((half_turns(-y, -x) + 1) * (0.5f * kFineEntries) + 0.5f);
  }
}

void color_row(const float* radius, const int* position, int count, std::uint8_t* rgb) {
  const FineWheel& wheel = fine_wheel();
  for (int i = 0; i < count; i++, rgb += 3) {
    if (radius[i] == kUnknownRadius) {
      rgb[0] = rgb[1] = rgb[2] = 0;
      continue;
    }
    const Color& full = wheel.colors[static_cast<std::size_t>(position[i])];
    for (int c = 0; c < 3; c++) rgb[c] = shade(full[c], radius[i]);
  }
}

}  // namespace

Rgb flow_color(FlowVector vector, const FlowColoring& coloring) {
  if (!vector.is_known()) return {0, 0, 0};
  const float x = vector.x * coloring.scale_x / coloring.max_magnitude;
  const float y = vector.y * coloring.scale_y / coloring.max_magnitude + 0.0f;  // no -0: the seam
  const float turns = std::atan2(-y, -x) / static_cast<float>(M_PI);
  const Color full = wheel_color((turns + 1) / 2 * (kEntries - 1));
  const float radius = std::hypot(x, y);
  return {shade(full[0], radius), shade(full[1], radius), shade(full[2], radius)};
}

void color_flow(const FlowView& flow, const FlowColoring& coloring, std::uint8_t* rgb,
                std::ptrdiff_t stride) {
  const auto width = static_cast<std::size_t>(flow.width);
  std::vector<float> pairs(2 * width);
  std::vector<float> radius(width);
  std::vector<int> position(width);
  for (int y = 0; y < flow.height; y++, rgb += stride) {
    flow.read_row(y, pairs.data());
    to_polar(pairs.data(), flow.width, coloring, radius.data(), position.data());
    color_row(radius.data(), position.data(), flow.width, rgb);
  }
}

float robust_magnitude(const FlowView& flow, float scale_x, float scale_y) {
  constexpr int kSamplesPerSide = 64;
  const int step_x = std::max(1, flow.width / kSamplesPerSide);
  const int step_y = std::max(1, flow.height / kSamplesPerSide);
  std::vector<float> lengths;
  for (int y = step_y / 2; y < flow.height; y += step_y) {
    for (int x = step_x / 2; x < flow.width; x += step_x) {
      const FlowVector v = flow.at(x, y);
      if (v.is_known()) lengths.push_back(std::hypot(v.x * scale_x, v.y * scale_y));
    }
  }
  if (lengths.empty()) return 0;
  const auto rank =
      static_cast<std::ptrdiff_t>(0.99 * static_cast<double>(lengths.size() - 1) + 0.5);
  std::nth_element(lengths.begin(), lengths.begin() + rank, lengths.end());
  return lengths[static_cast<std::size_t>(rank)];
}

float FlowRange::update(const FlowView& flow, float scale_x, float scale_y) {
  constexpr float kFollow = 0.1f;  // share of the difference, per frame
  const float now = std::max(1.0f, robust_magnitude(flow, scale_x, scale_y));
  magnitude_ = magnitude_ == 0 ? now : magnitude_ + kFollow * (now - magnitude_);
  return magnitude_;
}

}  // namespace gsttorch
