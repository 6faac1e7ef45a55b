// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/formats/flow_color.h"

#include <cmath>
#include <cstdlib>
#include <limits>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gsttorch {
namespace {

using ::testing::Each;

const FlowColoring kUnit{};

/// The wheel as the benchmark's authors define it: 55 entries with six corners. The angle selects
/// two entries to interpolate; the length fades to white, or darkens beyond 1.
Rgb by_definition(double x, double y) {
  static const std::vector<std::array<int, 3>> wheel = [] {
    std::vector<std::array<int, 3>> w;
    for (int i = 0; i < 15; i++) w.push_back({255, 255 * i / 15, 0});
    for (int i = 0; i < 6; i++) w.push_back({255 - 255 * i / 6, 255, 0});
    for (int i = 0; i < 4; i++) w.push_back({0, 255, 255 * i / 4});
    for (int i = 0; i < 11; i++) w.push_back({0, 255 - 255 * i / 11, 255});
    for (int i = 0; i < 13; i++) w.push_back({255 * i / 13, 0, 255});
    for (int i = 0; i < 6; i++) w.push_back({255, 0, 255 - 255 * i / 6});
    return w;
  }();
  const double position = (std::atan2(-y, -x) / M_PI + 1) / 2 * 54;
  const int k = static_cast<int>(position);
  const double f = position - k;
  const double length = std::sqrt(x * x + y * y);
  Rgb color;
  for (int c = 0; c < 3; c++) {
    double level = ((1 - f) * wheel[k][c] + f * wheel[(k + 1) % 55][c]) / 255;
    level = length <= 1 ? 1 - length * (1 - level) : level * 0.75;
    color[c] = static_cast<std::uint8_t>(255 * level);
  }
  return color;
}

Rgb color_by_array(float x, float y, const FlowColoring& coloring = kUnit) {
  const float vector[] = {x, y};
  Rgb rgb{1, 2, 3};
  color_flow({vector, 1, 1}, coloring, rgb.data(), 3);
  return rgb;
}

int difference(const Rgb& a, const Rgb& b) {
  int most = 0;
  for (int c = 0; c < 3; c++) most = std::max(most, std::abs(a[c] - b[c]));
  return most;
}

struct Direction {
  const char* name;
  float x, y;
  Rgb color;  // computed by hand from the definition
};

class FlowColorDirection : public ::testing::TestWithParam<Direction> {};

// Positions on the wheel: 0, 6.75, 13.5 ... 54 of 55.
TEST_P(FlowColorDirection, has_its_colour) {
  const auto [name, x, y, golden] = GetParam();
  const float unit = 1 / std::hypot(x, y);
  EXPECT_LE(difference(by_definition(x * unit * 0.999999, y * unit * 0.999999), golden), 1);
  EXPECT_LE(difference(flow_color({x * unit, y * unit}, kUnit), golden), 1);
  EXPECT_LE(difference(color_by_array(x * unit, y * unit), golden), 1);
}

INSTANTIATE_TEST_SUITE_P(All, FlowColorDirection,
                         ::testing::Values(Direction{"right", 1, 0, {255, 0, 0}},
                                           Direction{"down_right", 1, 1, {255, 114, 0}},
                                           Direction{"down", 0, 1, {255, 229, 0}},
                                           Direction{"down_left", -1, 1, {32, 255, 0}},
                                           Direction{"left", -1, 0, {0, 209, 255}},
                                           Direction{"up_left", -1, -1, {0, 52, 255}},
                                           Direction{"up", 0, -1, {88, 0, 255}},
                                           Direction{"up_right", 1, -1, {220, 0, 255}}),
                         [](const auto& info) { return info.param.name; });

TEST(FlowColor, follows_the_definition_in_every_direction_and_length) {
  for (int i = 1; i < 3000; i++) {
    // Not a multiple of the wheel's steps, and never on its seam at exactly 0 degrees.
    const double angle = 2 * M_PI * i / 3000.5;
    const double length = 0.013 * (i % 110);
    const auto x = static_cast<float>(length * std::cos(angle));
    const auto y = static_cast<float>(length * std::sin(angle));
    if (std::fabs(length - 1) < 1e-3) continue;  // rounding decides between dark and bright
    ASSERT_LE(difference(flow_color({x, y}, kUnit), by_definition(x, y)), 1) << x << ", " << y;
    ASSERT_LE(difference(color_by_array(x, y), by_definition(x, y)), 1) << x << ", " << y;
  }
}

TEST(FlowColor, of_no_motion_is_white) {
  EXPECT_THAT(flow_color({0, 0}, kUnit), Each(255));
  EXPECT_THAT(color_by_array(0, 0), Each(255));
  EXPECT_THAT(color_by_array(-0.0f, -0.0f), Each(255));
}

TEST(FlowColor, to_the_right_does_not_depend_on_the_sign_of_zero) {
  EXPECT_EQ(flow_color({1, 0.0f}, kUnit), flow_color({1, -0.0f}, kUnit));
  EXPECT_EQ(color_by_array(1, 0.0f), color_by_array(1, -0.0f));
}

TEST(FlowColor, of_unknown_flow_is_black) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  for (const auto& [x, y] : {std::pair{1.6e9f, 0.0f},
                             {0.0f, -1.6e9f},
                             {nan, 0.0f},
                             {0.0f, nan},
                             {infinity, 0.0f},
                             {nan, -infinity}}) {
    EXPECT_THAT(flow_color({x, y}, kUnit), Each(0)) << x << ", " << y;
    EXPECT_THAT(color_by_array(x, y), Each(0)) << x << ", " << y;
  }
}

TEST(FlowColor, depends_on_the_length_relative_to_the_maximum) {
  FlowColoring coloring;
  coloring.max_magnitude = 8;
  EXPECT_LE(difference(color_by_array(4, 0, coloring), by_definition(0.5, 0)), 1);
  EXPECT_LE(difference(flow_color({4, 0}, coloring), by_definition(0.5, 0)), 1);
}

TEST(FlowColor, is_that_of_the_scaled_vector) {
  FlowColoring coloring;
  coloring.scale_x = 0.5f;
  coloring.scale_y = 2;
  EXPECT_LE(difference(color_by_array(0.8f, 0.3f, coloring), by_definition(0.4, 0.6)), 1);
  EXPECT_LE(difference(flow_color({0.8f, 0.3f}, coloring), by_definition(0.4, 0.6)), 1);
}

TEST(FlowColor, of_huge_vectors_stays_a_colour) {
  EXPECT_LE(difference(color_by_array(9e8f, 9e8f), by_definition(2, 2)), 1);
}

TEST(FlowColor, fills_rows_and_leaves_what_lies_between_them) {
  const std::vector<float> vectors(2 * 3 * 2);  // 3x2, no motion
  std::vector<std::uint8_t> rgb(2 * 11, 7);
  color_flow({vectors.data(), 3, 2}, kUnit, rgb.data(), 11);
  for (std::size_t i = 0; i < rgb.size(); i++) EXPECT_EQ(rgb[i], i % 11 < 9 ? 255 : 7) << i;
}

TEST(FlowColor, is_the_same_for_half_precision) {
  const std::uint16_t halves[] = {0x3800, 0xb400};  // 0.5, -0.25
  Rgb rgb;
  color_flow({halves, 1, 1, FlowElement::Float16}, kUnit, rgb.data(), 3);
  EXPECT_EQ(rgb, color_by_array(0.5f, -0.25f));
}

std::vector<float> constant_flow(int vectors, float x, float y) {
  std::vector<float> flow(2 * static_cast<std::size_t>(vectors), y);
  for (std::size_t i = 0; i < flow.size(); i += 2) flow[i] = x;
  return flow;
}

TEST(RobustMagnitude, is_not_led_astray_by_a_few_outliers_or_unknown_vectors) {
  auto flow = constant_flow(100 * 100, 3, 4);
  flow[2 * 5050] = 5000;
  flow[2 * 20] = 1e10f;
  EXPECT_FLOAT_EQ(robust_magnitude({flow.data(), 100, 100}), 5);
}

TEST(RobustMagnitude, is_measured_after_scaling) {
  const auto flow = constant_flow(4, 3, 4);
  EXPECT_FLOAT_EQ(robust_magnitude({flow.data(), 2, 2}, 2, 2), 10);
}

TEST(RobustMagnitude, of_nothing_known_is_zero) {
  const auto flow = constant_flow(4, 1e10f, 0);
  EXPECT_EQ(robust_magnitude({flow.data(), 2, 2}), 0);
}

TEST(FlowRange, starts_at_the_first_flow_and_follows_the_next_ones_slowly) {
  const auto slow = constant_flow(4, 2, 0), fast = constant_flow(4, 20, 0);
  FlowRange range;
  EXPECT_FLOAT_EQ(range.update({slow.data(), 2, 2}, 1, 1), 2);
  const float next = range.update({fast.data(), 2, 2}, 1, 1);
  EXPECT_GT(next, 2);
  EXPECT_LT(next, 5);
  for (int i = 0; i < 200; i++) range.update({fast.data(), 2, 2}, 1, 1);
  EXPECT_NEAR(range.update({fast.data(), 2, 2}, 1, 1), 20, 0.01);
  range.reset();
  EXPECT_FLOAT_EQ(range.update({slow.data(), 2, 2}, 1, 1), 2);
}

TEST(FlowRange, keeps_a_still_image_pale) {
  const auto still = constant_flow(4, 0.01f, 0);
  FlowRange range;
  EXPECT_EQ(range.update({still.data(), 2, 2}, 1, 1), 1);
}

}  // namespace
}  // namespace gsttorch
