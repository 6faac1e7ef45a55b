// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/matching/affine_motion.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace gsttorch {
namespace {

const AffineMotion kMotion{1.2, -0.1, 14, 0.08, 0.9, -7};

std::vector<Match> moved_grid(const AffineMotion& motion) {
  std::vector<Match> matches;
  for (int y = 0; y < 200; y += 40) {
    for (int x = 0; x < 320; x += 40) {
      const Point to = motion({double(x), double(y)});
      matches.push_back({float(x), float(y), float(to.x), float(to.y), 0.9f});
    }
  }
  return matches;
}

TEST(AffineMotion, is_undone_by_its_inverse) {
  const Point there = kMotion({31, -12});
  const Point back = (*kMotion.inverse())(there);
  EXPECT_NEAR(back.x, 31, 1e-9);
  EXPECT_NEAR(back.y, -12, 1e-9);
  EXPECT_NEAR(kMotion.scale(), std::sqrt(1.2 * 0.9 + 0.1 * 0.08), 1e-12);
  EXPECT_FALSE((AffineMotion{1, 2, 0, 2, 4, 0}).inverse());
}

TEST(AffineMotion, is_found_among_matches_of_which_a_third_are_wrong) {
  std::vector<Match> matches = moved_grid(kMotion);
  for (std::size_t i = 0; i < matches.size(); i += 3) {
    matches[i].x1 = float((i * 97) % 311);
    matches[i].y1 = float((i * 61) % 193);
  }
  const auto found = estimate_motion(matches, 2);
  ASSERT_TRUE(found);
  EXPECT_GE(found->inliers, matches.size() - (matches.size() + 2) / 3);
  EXPECT_NEAR(found->motion.a, kMotion.a, 1e-3);
  EXPECT_NEAR(found->motion.b, kMotion.b, 1e-3);
  EXPECT_NEAR(found->motion.c, kMotion.c, 0.1);
  EXPECT_NEAR(found->motion.d, kMotion.d, 1e-3);
  EXPECT_NEAR(found->motion.e, kMotion.e, 1e-3);
  EXPECT_NEAR(found->motion.f, kMotion.f, 0.1);
}

TEST(AffineMotion, is_none_for_too_few_matches_or_points_of_one_line) {
  EXPECT_FALSE(estimate_motion({}, 2));
  std::vector<Match> line = {{0, 0, 5, 5, 1}, {8, 8, 13, 13, 1}, {16, 16, 21, 21, 1}};
  EXPECT_FALSE(estimate_motion(std::span(line).first(2), 2));
  EXPECT_FALSE(estimate_motion(line, 2));
}

}  // namespace
}  // namespace gsttorch
