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

// Sampson's distance of a match to the epipolar lines (Hartley and Zisserman, 11.4.3).
double sampson(const std::array<double, 9>& f, const Match& m) {
  const auto row = [&](int i, double x, double y) { return f[i] * x + f[i + 1] * y + f[i + 2]; };
  const auto column = [&](int i) { return f[i] * m.x1 + f[i + 3] * m.y1 + f[i + 6]; };
  const double lines[] = {row(0, m.x0, m.y0), row(3, m.x0, m.y0), column(0), column(1)};
  const double error = m.x1 * lines[0] + m.y1 * lines[1] + row(6, m.x0, m.y0);
  return std::abs(error) / std::sqrt(lines[0] * lines[0] + lines[1] * lines[1] +
                                     lines[2] * lines[2] + lines[3] * lines[3]);
}

// The cameras are one above the other and apart, so epipolar lines are oblique.
TEST_F(GeometryTest, the_residual_of_a_fundamental_matrix_is_sampsons_distance) {
  std::vector<Match> matches = room(160);
  for (std::uint32_t i = 0; i < matches.size(); i++) {
    Match& match = matches[i];
    match.y1 += 0.4F * (match.x0 - match.x1) + 0.3F * formula::noise(7, i);
  }
  GeometryOptions options;
  options.kind = GeometryKind::Fundamental;
  const Geometry g = estimate(matches, options);
  ASSERT_TRUE(g.matrix);
  double squares = 0;
  for (std::size_t i = 0; i < matches.size(); i++) {
    if (g.inliers[i]) squares += std::pow(sampson(*g.matrix, matches[i]), 2);
  }
  EXPECT_GT(g.residual_px, 0.01);
  EXPECT_NEAR(g.residual_px, std::sqrt(squares / static_cast<double>(g.inlier_count)), 1e-6);
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

using Homography = std::array<double, 9>;

// Matches of a plane of 320x240 pixels; every `wrong_of` th is wrong.
std::vector<Match> seen_through(const Homography& h, int count, std::uint32_t wrong_of) {
  std::vector<Match> matches;
  for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(count); i++) {
    const double x = (formula::noise(1, i) + 1) * 160, y = (formula::noise(2, i) + 1) * 120;
    const double w = h[6] * x + h[7] * y + h[8];
    Match match{static_cast<float>(x), static_cast<float>(y),
                static_cast<float>((h[0] * x + h[1] * y + h[2]) / w + formula::noise(3, i)),
                static_cast<float>((h[3] * x + h[4] * y + h[5]) / w + formula::noise(4, i)), 1};
    if (i % wrong_of == wrong_of - 1) {
      match.x1 = (formula::noise(7, i) + 1) * 160;
      match.y1 = (formula::noise(8, i) + 1) * 120;
    }
    matches.push_back(match);
  }
  return matches;
}

// A plane in front of a camera (focal length 600 pixels), turned about the viewing axis and tilted
// by angles in degrees, at a distance that gives this scale at its centre.
Homography view_of_plane(double turn, double tilt, double scale) {
  const double f = 600, distance = f / scale, t = turn * M_PI / 180, u = tilt * M_PI / 180;
  // A point (x, y) of the plane, from its centre, is at (a, b cos u, distance + b sin u).
  const double ax = std::cos(t), ay = -std::sin(t), bx = std::sin(t), by = std::cos(t);
  const double cx = 160, cy = 120, s = std::sin(u), c = std::cos(u);
  const double wx = bx * s, wy = by * s, w0 = distance - (bx * cx + by * cy) * s;
  const auto row = [&](double x, double y, double centre) {
    const double constant = -f * (x * cx + y * cy);
    return std::array<double, 3>{f * x + centre * wx, f * y + centre * wy, constant + centre * w0};
  };
  const auto first = row(ax, ay, cx), second = row(bx * c, by * c, cy);
  return {first[0], first[1], first[2], second[0], second[1], second[2], wx, wy, w0};
}

TEST_F(GeometryTest, keeps_all_homographies_of_a_camera) {
  int all = 0;
  for (const double turn : {0., 35., 90., 180., 250.}) {
    for (const double tilt : {0., 30., -50., 65., -70.}) {
      for (const double scale : {0.25, 0.5, 1., 2.}) {
        const Geometry g = estimate(seen_through(view_of_plane(turn, tilt, scale), 120, 3), {});
        EXPECT_NE(g.verdict, Verdict::Lost) << turn << ' ' << tilt << ' ' << scale;
        EXPECT_GE(g.inlier_count, 70u) << turn << ' ' << tilt << ' ' << scale;
        all++;
      }
    }
  }
  EXPECT_EQ(all, 100);
}

TEST_F(GeometryTest, refuses_homographies_that_no_camera_makes) {
  const std::pair<const char*, Homography> cases[] = {
      {"mirrored", {-1, 0, 320, 0, 1, 0, 0, 0, 1}},
      {"collapsed to a line", {1, 0, 0, 0.002, 0.001, 100, 0, 0, 1}},
      {"collapsed to a point", {0.01, 0, 100, 0, 0.01, 100, 0, 0, 1}},
      {"stretched", {1, 0, 0, 0, 0.05, 100, 0, 0, 1}},
      {"sheared", {1, 20, 0, 0, 1, 0, 0, 0, 1}},
      {"folded at the horizon", {1, 0, 0, 0, 1, 0, 1. / 150, 0, -1}},
      {"enlarged", {50, 0, 0, 0, 50, 0, 0, 0, 1}},
  };
  for (const auto& [name, matrix] : cases) {
    const Geometry g = estimate(seen_through(matrix, 120, 10), {});
    EXPECT_EQ(g.verdict, Verdict::Lost) << name;
    EXPECT_FALSE(g.matrix) << name;
    EXPECT_EQ(g.inlier_count, 0u) << name;
  }
}

// 15 matches of a translation among 60 others from the same part of the image.
TEST_F(GeometryTest, refuses_a_homography_with_which_few_of_the_matches_agree) {
  std::vector<Match> matches;
  for (std::uint32_t i = 0; i < 75; i++) {
    const float x = (formula::noise(1, i) + 1) * 160, y = (formula::noise(2, i) + 1) * 120;
    const bool agrees = i % 5 == 0;
    matches.push_back({x, y, agrees ? x + 20 : (formula::noise(7, i) + 1) * 160,
                       agrees ? y + 10 : (formula::noise(8, i) + 1) * 120, 1});
  }
  EXPECT_EQ(estimate(matches, {}).verdict, Verdict::Lost);
}

TEST_F(GeometryTest, finds_a_small_plane_among_matches_elsewhere) {
  std::vector<Match> matches;
  for (std::uint32_t i = 0; i < 100; i++) {
    const bool is_on_plane = i % 4 == 0;
    const float side = is_on_plane ? 40 : 160;
    const float x = (formula::noise(1, i) + 1) * side, y = (formula::noise(2, i) + 1) * side;
    matches.push_back({x, y, is_on_plane ? x + 20 : (formula::noise(7, i) + 1) * 160,
                       is_on_plane ? y + 10 : (formula::noise(8, i) + 1) * 120, 1});
  }
  EXPECT_EQ(estimate(matches, {}).verdict, Verdict::Moved);
}

TEST_F(GeometryTest, no_kind_is_an_error) {
  GeometryOptions options;
  options.kind = GeometryKind::None;
  EXPECT_FALSE(vision_->estimate({}, options));
}

}  // namespace
}  // namespace gsttorch
