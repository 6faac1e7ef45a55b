// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/vision/geometry.h"

#include <cmath>
#include <cstdlib>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/formula.h"

namespace gsttorch {
namespace {

constexpr double kTilt[] = {1.05, 0.04, -12, -0.03, 0.98, 7, 1e-4, -5e-5, 1};

// Points on a plane seen from two positions; every fourth match is wrong.
std::vector<Match> plane(int count, double noise_px) {
  std::vector<Match> matches;
  for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(count); i++) {
    const double x = (formula::noise(1, i) + 1) * 160, y = (formula::noise(2, i) + 1) * 120;
    const double w = kTilt[6] * x + kTilt[7] * y + kTilt[8];
    double x1 = (kTilt[0] * x + kTilt[1] * y + kTilt[2]) / w;
    double y1 = (kTilt[3] * x + kTilt[4] * y + kTilt[5]) / w;
    const bool is_wrong = i % 4 == 3;
    x1 += is_wrong ? 60 * formula::noise(3, i) + 25 : noise_px * formula::noise(3, i);
    y1 += is_wrong ? 60 * formula::noise(4, i) + 25 : noise_px * formula::noise(4, i);
    matches.push_back({static_cast<float>(x), static_cast<float>(y), static_cast<float>(x1),
                       static_cast<float>(y1), 1});
  }
  return matches;
}

// Two cameras side by side see points of any depth: rows stay, columns shift by the disparity.
std::vector<Match> room(int count) {
  std::vector<Match> matches;
  for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(count); i++) {
    const float x = (formula::noise(1, i) + 1) * 160, y = (formula::noise(2, i) + 1) * 120;
    const float disparity = 10 + 9 * formula::noise(5, i);
    const bool is_wrong = i % 4 == 3;
    matches.push_back({x, y, x - disparity, is_wrong ? y + 30 + 10 * formula::noise(6, i) : y, 1});
  }
  return matches;
}

class GeometryTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto vision = load_vision();
    if (!vision) GTEST_SKIP() << vision.error().message;
    vision_ = *vision;
  }
  Geometry estimate(const std::vector<Match>& matches, const GeometryOptions& options) {
    const auto geometry = vision_->estimate(matches, options);
    if (!geometry) throw std::runtime_error(geometry.error().message);
    return *geometry;
  }
  Vision* vision_ = nullptr;
};

TEST_F(GeometryTest, finds_a_homography_among_wrong_matches) {
  const Geometry g = estimate(plane(120, 0), {});
  ASSERT_TRUE(g.matrix);
  for (int i = 0; i < 9; i++)
    EXPECT_NEAR((*g.matrix)[i] / (*g.matrix)[8], kTilt[i], 0.02 + std::abs(kTilt[i]) * 0.01);
  EXPECT_EQ(g.verdict, Verdict::Moved);
  EXPECT_GE(g.inlier_count, 88u);
  for (std::size_t i = 0; i < 120; i++) EXPECT_EQ(g.inliers[i], i % 4 != 3) << i;
  EXPECT_LT(g.residual_px, 0.1);
}

TEST_F(GeometryTest, finds_a_fundamental_matrix_among_wrong_matches) {
  GeometryOptions options;
  options.kind = GeometryKind::Fundamental;
  options.threshold_px = 1;
  const Geometry g = estimate(room(160), options);
  ASSERT_TRUE(g.matrix);
  std::size_t right = 0;
  for (std::size_t i = 0; i < 160; i++) right += g.inliers[i] == (i % 4 != 3);
  EXPECT_GT(right, 150u);
  EXPECT_EQ(g.verdict, Verdict::Moved);
}

TEST_F(GeometryTest, refining_brings_the_residual_down) {
  GeometryOptions options;
  const Geometry rough = estimate(plane(200, 1.5), options);
  options.refine = true;
  const Geometry fine = estimate(plane(200, 1.5), options);
  ASSERT_TRUE(rough.matrix && fine.matrix);
  EXPECT_NE(*rough.matrix, *fine.matrix);
  EXPECT_LE(fine.residual_px, rough.residual_px + 0.02);
  EXPECT_GE(fine.inlier_count, rough.inlier_count);
}

TEST_F(GeometryTest, the_same_view_is_static_and_chance_is_lost) {
  std::vector<Match> still, chance;
  for (std::uint32_t i = 0; i < 80; i++) {
    const float x = (formula::noise(1, i) + 1) * 160, y = (formula::noise(2, i) + 1) * 120;
    still.push_back({x, y, x, y, 1});
    chance.push_back({x, y, (formula::noise(7, i) + 1) * 160, (formula::noise(8, i) + 1) * 120, 1});
  }
  EXPECT_EQ(estimate(still, {}).verdict, Verdict::Static);
  const Geometry lost = estimate(chance, {});
  EXPECT_EQ(lost.verdict, Verdict::Lost);
  EXPECT_FALSE(lost.matrix);
}

// Matches of two equal images from a model that saw them at a quarter of their size: the error in
// model pixels is the same, so in image pixels it is four times as large.
TEST_F(GeometryTest, limits_are_in_pixels_inside_the_model) {
  std::vector<Match> still;
  for (std::uint32_t i = 0; i < 80; i++) {
    const float x = (formula::noise(1, i) + 1) * 160, y = (formula::noise(2, i) + 1) * 120;
    const float dx = 4 * 0.3f * formula::noise(3, i), dy = 4 * 0.3f * formula::noise(4, i);
    still.push_back({x, y, x + dx, y + dy, 1});
  }
  EXPECT_EQ(estimate(still, {}).verdict, Verdict::Moved);
  GeometryOptions options;
  options.model_pixel = 4;
  EXPECT_EQ(estimate(still, options).verdict, Verdict::Static);
  const Geometry rough = estimate(plane(200, 8), options), strict = estimate(plane(200, 8), {});
  EXPECT_GT(rough.inlier_count, strict.inlier_count + 30);
  for (Match& match : still) match.x1 += 4;  // one pixel inside the model
  EXPECT_EQ(estimate(still, options).verdict, Verdict::Moved);
}

TEST(ModelPixel, is_larger_than_one_where_the_image_is_scaled_down) {
  EXPECT_EQ(model_pixel(640, 480, 0), 1);
  EXPECT_EQ(model_pixel(640, 480, 1000), 1);
  EXPECT_EQ(model_pixel(640, 480, 160), 4);
  EXPECT_EQ(model_pixel(480, 640, 160), 4);
}

TEST_F(GeometryTest, too_few_matches_or_all_the_same_are_lost_and_no_error) {
  for (const int count : {0, 1, 3, 11}) {
    EXPECT_EQ(estimate(plane(count, 0), {}).verdict, Verdict::Lost);
  }
  const std::vector<Match> one_point(50, Match{3, 4, 5, 6, 1});
  const Geometry g = estimate(one_point, {});
  EXPECT_EQ(g.inliers.size(), 50u);
  const std::vector<Match> nowhere(50, Match{NAN, 4, 5, INFINITY, 1});
  EXPECT_EQ(estimate(nowhere, {}).verdict, Verdict::Lost);
}

TEST_F(GeometryTest, no_kind_is_an_error) {
  GeometryOptions options;
  options.kind = GeometryKind::None;
  EXPECT_FALSE(vision_->estimate({}, options));
}

}  // namespace
}  // namespace gsttorch
