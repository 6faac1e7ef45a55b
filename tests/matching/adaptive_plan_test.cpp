// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/matching/adaptive_plan.h"

#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace gsttorch {
namespace {

AdaptiveRequest vga() {
  AdaptiveRequest request;
  request.first_width = request.second_width = 640;
  request.first_height = request.second_height = 480;
  request.coarse_size = 160;
  return request;
}

// Simulates a coarse pass: a grid of points, where both images show them, with noise.
std::vector<Match> matches_of(const AffineMotion& motion, const AdaptiveRequest& d,
                              double noise_px = 0) {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> noise(-noise_px, noise_px);
  std::vector<Match> matches;
  for (int y = 16; y < d.first_height - 16; y += 32) {
    for (int x = 16; x < d.first_width - 16; x += 32) {
      const Point to = motion({double(x), double(y)});
      if (to.x < 0 || to.y < 0 || to.x > d.second_width - 1 || to.y > d.second_height - 1) continue;
      matches.push_back(
          {float(x), float(y), float(to.x + noise(random)), float(to.y + noise(random)), 0.9f});
    }
  }
  return matches;
}

AdaptivePlan plan(const AdaptiveRequest& request, const AffineMotion& motion, double noise_px = 0) {
  const auto matches = matches_of(motion, request, noise_px);
  return plan_adaptive(request, matches);
}

TEST(AdaptivePlan, looks_at_a_smaller_image_where_nothing_moves) {
  const AdaptivePlan still = plan(vga(), {}, 1);
  EXPECT_EQ(still.overlap, Overlap::Still);
  EXPECT_TRUE(still.needs_full_pass);
  EXPECT_EQ(still.second.region, (ImageRegion{0, 0, 640, 480}));
  EXPECT_EQ(still.second.size, 400);
  EXPECT_EQ(still.first.size, 400);
  EXPECT_EQ(still.spacing, 2);
  EXPECT_EQ(still.max_matches, 0u);
}

TEST(AdaptivePlan, uses_a_refined_coarse_pass_as_the_result_if_nothing_moves) {
  AdaptiveRequest request = vga();
  request.max_size = 320;
  const AdaptivePlan still = plan(request, {}, 1);
  EXPECT_EQ(still.overlap, Overlap::Still);
  EXPECT_FALSE(still.needs_full_pass);
  request.coarse_is_refined = false;  // a coarse model without a fine stage is not enough
  EXPECT_TRUE(plan(request, {}, 1).needs_full_pass);
}

TEST(AdaptivePlan, does_not_treat_slow_motion_as_still) {
  EXPECT_EQ(plan(vga(), {1, 0, 1.5, 0, 1, 0}, 1).overlap, Overlap::Large);
  EXPECT_EQ(plan(vga(), {1.006, 0, -2, 0, 1.006, -1.5}, 1).overlap, Overlap::Large);
}

TEST(AdaptivePlan, matches_whole_images_if_a_part_moves_and_the_rest_is_still) {
  auto matches = matches_of({}, vga());
  for (std::size_t i = 0; i < matches.size() / 4; i++) matches[i].x1 += 20;
  const AdaptivePlan found = plan_adaptive(vga(), matches);
  EXPECT_EQ(found.overlap, Overlap::Large);
  EXPECT_TRUE(found.needs_full_pass);
}

TEST(AdaptivePlan, finds_no_overlap_where_there_are_no_matches_to_speak_of) {
  EXPECT_EQ(plan_adaptive(vga(), {}).overlap, Overlap::None);
  EXPECT_FALSE(plan_adaptive(vga(), {}).needs_full_pass);
  const std::vector<Match> chance = {{0, 0, 400, 20, .3f},
                                     {90, 10, 30, 300, .3f},
                                     {300, 400, 5, 90, .3f},
                                     {500, 60, 600, 99, .3f}};
  EXPECT_EQ(plan_adaptive(vga(), chance).overlap, Overlap::None);
}

TEST(AdaptivePlan, matches_whole_images_if_few_matches_agree) {
  const auto few = matches_of({1, 0, 20, 0, 1, 0}, vga());
  std::vector<Match> eight;
  for (std::size_t i = 0; i < few.size() && eight.size() < 8; i += 29) eight.push_back(few[i]);
  const AdaptivePlan unsure = plan_adaptive(vga(), eight);
  EXPECT_EQ(unsure.overlap, Overlap::Unsure);
  EXPECT_TRUE(unsure.needs_full_pass);
  EXPECT_EQ(unsure.first.region, (ImageRegion{0, 0, 640, 480}));
  EXPECT_EQ(unsure.first.size, 640);
  EXPECT_EQ(unsure.spacing, 1);
}

TEST(AdaptivePlan, looks_at_whole_images_where_they_share_most) {
  const AdaptivePlan pan = plan(vga(), {1, 0, -60, 0, 1, 10}, 1);
  EXPECT_EQ(pan.overlap, Overlap::Large);
  EXPECT_EQ(pan.second.region, (ImageRegion{0, 0, 640, 480}));
  EXPECT_EQ(pan.second.size, 640);
  EXPECT_EQ(pan.spacing, 3);
  EXPECT_EQ(pan.max_matches, 200u);
}

TEST(AdaptivePlan, thins_small_images_less) {
  AdaptiveRequest request = vga();
  request.first_width = request.second_width = 320;
  request.first_height = request.second_height = 240;
  request.coarse_size = 160;
  EXPECT_EQ(plan(request, {1, 0, -20, 0, 1, 0}, 1).spacing, 1);
}

TEST(AdaptivePlan, looks_at_the_shared_parts_where_these_are_small) {
  const AdaptivePlan plan = gsttorch::plan_adaptive(
      vga(), matches_of({1, 0, -400, 0, 1, 0}, vga()));  // the second image shows more on the right
  ASSERT_EQ(plan.overlap, Overlap::Partial);
  const ImageRegion& first = plan.first.region;
  const ImageRegion& second = plan.second.region;
  EXPECT_LE(first.x, 400 - 24);
  EXPECT_GT(first.x, 320);
  EXPECT_EQ(first.x + first.width, 640);
  EXPECT_EQ(second.x, 0);
  EXPECT_GE(second.width, 240 + 24);
  EXPECT_LT(second.width, 320);
  EXPECT_EQ(first.height, 480);
  EXPECT_EQ(first.x % kRegionStep, 0);
  EXPECT_EQ(plan.first.size, 480);  // at full resolution
}

TEST(AdaptivePlan, caps_the_size_and_gives_small_regions_more_of_it) {
  AdaptiveRequest request = vga();
  request.max_size = 320;
  EXPECT_EQ(plan(request, {1, 0, -60, 0, 1, 0}).second.size, 320);
  const AdaptivePlan part = plan(request, {1, 0, -450, 0, 1, -200});
  ASSERT_EQ(part.overlap, Overlap::Partial);
  EXPECT_EQ(part.second.size, 320);
  const ImageRegion& region = part.second.region;
  EXPECT_LT(std::max(region.width, region.height), 640);  // thus scaled down less
}

TEST(AdaptivePlan, brings_images_of_other_scales_to_one) {
  AdaptiveRequest request = vga();
  const AdaptivePlan plan = gsttorch::plan_adaptive(
      request, matches_of({2.5, 0, -480, 0, 2.5, -360}, request));  // the second image is zoomed in
  EXPECT_NEAR(plan.motion->scale(), 2.5, 0.01);
  const double first = double(plan.first.size) / plan.first.region.width;
  const double second = double(plan.second.size) / plan.second.region.width;
  EXPECT_EQ(first, 1);
  EXPECT_NEAR(second * 2.5, 1, 0.01);
}

TEST(AdaptivePlan, regions_stay_inside_images_of_any_size) {
  for (const double shift : {-630., -500., 500., 630.}) {
    for (const int height : {97, 480, 1}) {
      AdaptiveRequest request = vga();
      request.first_height = height;
      const AdaptivePlan plan = plan_adaptive(request, matches_of({1, 0, shift, 0, 1, 0}, vga()));
      for (const AdaptiveSide& side : {plan.first, plan.second}) {
        const int full_height = &side == &plan.second ? 480 : height;
        EXPECT_GE(side.region.x, 0);
        EXPECT_GE(side.region.y, 0);
        EXPECT_GT(side.region.width, 0);
        EXPECT_GT(side.region.height, 0);
        EXPECT_LE(side.region.x + side.region.width, 640);
        EXPECT_LE(side.region.y + side.region.height, std::max(full_height, 480));
        EXPECT_GT(side.size, 0);
      }
    }
  }
}

TEST(AdaptivePlan, coarse_pass_has_a_quarter_of_the_cells_in_a_row_but_not_too_few) {
  EXPECT_EQ(coarse_size(640, 480, 0, 8), 160);
  EXPECT_EQ(coarse_size(1280, 720, 0, 8), 320);
  EXPECT_EQ(coarse_size(1280, 720, 800, 8), 200);
  EXPECT_EQ(coarse_size(320, 240, 0, 8), 160);
  EXPECT_EQ(coarse_size(160, 128, 0, 8), 120);
  EXPECT_EQ(coarse_size(640, 480, 0, 16), 320);  // larger cells
  EXPECT_EQ(coarse_size(5, 3, 0, 8), 5);
  EXPECT_EQ(coarse_spacing(160, 640, 480, 8), 1);
  EXPECT_EQ(coarse_spacing(480, 1920, 1080, 8), 3);
}

}  // namespace
}  // namespace gsttorch
