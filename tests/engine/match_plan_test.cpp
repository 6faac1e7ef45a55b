// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/engine/match_plan.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gsttorch {
namespace {

using testing::HasSubstr;

constexpr std::size_t kMega = 1'000'000;

// Bytes per pixel: 4 for features, 10 for encoding, 20 per pair for matching. Each match in a chunk
// of the fine stage needs another 100 kB.
MatchWorkspace workspace(int width, int height, int pairs, const MatchOptions& options) {
  const int longer = std::max(width, height);
  const double scale =
      options.max_size > 0 && options.max_size < longer ? double(options.max_size) / longer : 1;
  const auto pixels =
      static_cast<std::size_t>(width * scale) * static_cast<std::size_t>(height * scale);
  return {10 * pixels, 4 * pixels, 20 * pixels * pairs + 100'000u * options.chunk};
}

// 1000x500, two pairs: features of 3 frames need 6 MB, matching needs 20 MB, and 12.8 MB for chunks
// of 128 matches.
MatchRequest request(std::size_t available_bytes) {
  MatchRequest request;
  request.width = 1000;
  request.height = 500;
  request.pairs = 2;
  request.available_bytes = available_bytes;
  return request;
}

TEST(MatchPlan, is_what_was_asked_where_it_fits) {
  const auto plan = plan_match(request(38'800'000), workspace);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->bytes, 38'800'000u);
  EXPECT_EQ(plan->options, MatchOptions());
  EXPECT_EQ(plan->pairs, 2);
  EXPECT_EQ(plan->reduced, "");
}

TEST(MatchPlan, works_on_fewer_matches_at_once_first_however_many_there_are) {
  const auto plan = plan_match(request(38'800'000 - 1), workspace);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->options.chunk, 64);
  EXPECT_EQ(plan->options.max_matches, 0u) << "all are found";
  EXPECT_EQ(plan->pairs, 2);
  EXPECT_EQ(plan->reduced, "fine matching of 64 matches at a time");
}

TEST(MatchPlan, takes_fewer_pairs_next) {
  const auto plan = plan_match(request(20 * kMega), workspace);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->options.chunk, 16);
  EXPECT_EQ(plan->pairs, 1);
  EXPECT_EQ(plan->options.max_size, 0);
  EXPECT_THAT(plan->reduced, HasSubstr("1 instead of 2 pairs"));
}

TEST(MatchPlan, makes_the_image_smaller_last) {
  const auto plan = plan_match(request(8 * kMega), workspace);
  ASSERT_TRUE(plan);
  EXPECT_LE(plan->bytes, 8 * kMega);
  EXPECT_EQ(plan->options.max_size, 640);
  EXPECT_THAT(plan->reduced, HasSubstr("640 instead of 1000 pixels"));
}

TEST(MatchPlan, counts_the_frames_between_the_two_of_a_pair) {
  MatchRequest far = request(38'800'000);
  far.distance = 5;
  const auto plan = plan_match(far, workspace);
  ASSERT_TRUE(plan);
  EXPECT_LT(plan->options.chunk, 128);
}

TEST(MatchPlan, says_what_is_needed_where_nothing_fits) {
  const auto plan = plan_match(request(kMega), workspace);
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, ErrorCode::OutOfMemory);
  EXPECT_THAT(plan.error().message, HasSubstr("1000x500"));
}

TEST(MatchPlan, of_no_pixels_is_refused) {
  MatchRequest nothing = request(kMega);
  nothing.width = 0;
  const auto plan = plan_match(nothing, workspace);
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, ErrorCode::BadShape);
}

}  // namespace
}  // namespace gsttorch
