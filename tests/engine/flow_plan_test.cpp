// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/engine/flow_plan.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gsttorch {
namespace {

using testing::HasSubstr;

// Bytes per pixel: 4 for features, 10 for encoding, 20 per pair for flow, and 50 more for a
// correlation volume if its budget allows one.
FlowWorkspace workspace(int width, int height, int pairs, const FlowOptions& options) {
  const int longer = std::max(width, height);
  const double scale =
      options.max_size > 0 && options.max_size < longer ? double(options.max_size) / longer : 1;
  const auto pixels =
      static_cast<std::size_t>(width * scale) * static_cast<std::size_t>(height * scale);
  const std::size_t volume = 50 * pixels * pairs;
  return {10 * pixels, 4 * pixels,
          20 * pixels * pairs + (volume <= options.correlation_budget_bytes ? volume : 0)};
}

// 1000x500, 4 pairs: features of 5 frames need 20 bytes per pixel and flow of 4 pairs with a volume
// 280, 150 MB in all.
FlowRequest request(std::size_t available_bytes) {
  FlowRequest request;
  request.width = 1000;
  request.height = 500;
  request.pairs = 4;
  request.available_bytes = available_bytes;
  return request;
}

constexpr std::size_t kMega = 1'000'000;

TEST(FlowPlan, is_what_was_asked_where_it_fits) {
  const auto plan = plan_flow(request(150 * kMega), workspace);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->pairs, 4);
  EXPECT_EQ(plan->bytes, 150 * kMega);
  EXPECT_EQ(plan->options.max_size, 0);
  EXPECT_EQ(plan->options.correlation_budget_bytes, FlowOptions().correlation_budget_bytes);
  EXPECT_EQ(plan->reduced, "");
}

TEST(FlowPlan, takes_fewer_pairs_first) {
  const auto plan = plan_flow(request(150 * kMega - 1), workspace);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->pairs, 3);
  EXPECT_EQ(plan->options.correlation_budget_bytes, FlowOptions().correlation_budget_bytes);
  EXPECT_EQ(plan->reduced, "3 instead of 4 pairs at a time");
}

TEST(FlowPlan, computes_correlation_on_demand_when_one_pair_is_too_much) {
  const auto plan = plan_flow(request(38 * kMega), workspace);  // one pair with a volume: 39 MB
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->options.correlation_budget_bytes, 0u);
  EXPECT_EQ(plan->pairs, 3) << "as many as fit without the volume";
  EXPECT_EQ(plan->options.max_size, 0);
  EXPECT_THAT(plan->reduced, HasSubstr("correlation computed on the fly"));
}

TEST(FlowPlan, makes_the_image_smaller_last_and_no_smaller_than_needed) {
  const FlowRequest tight = request(10 * kMega);  // one pair with on-demand correlation: 14 MB
  const auto plan = plan_flow(tight, workspace);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->pairs, 1);
  EXPECT_EQ(plan->options.correlation_budget_bytes, 0u);
  EXPECT_LE(plan->bytes, 10 * kMega);
  EXPECT_EQ(plan->options.max_size, 840);
  FlowOptions larger = plan->options;
  larger.max_size += 8;
  const FlowWorkspace w = workspace(1000, 500, 1, larger);
  EXPECT_GT(2 * w.features + w.flow, 10 * kMega);
  EXPECT_THAT(plan->reduced, HasSubstr("840 instead of 1000 pixels"));
}

TEST(FlowPlan, keeps_the_features_of_the_frames_between_in_mind) {
  FlowRequest far = request(150 * kMega);
  far.lag = 10;
  const auto plan = plan_flow(far, workspace);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->pairs, 3);
}

TEST(FlowPlan, fails_when_nothing_fits_and_says_what_it_would_take) {
  const auto plan = plan_flow(request(1000), workspace);
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, ErrorCode::OutOfMemory);
  EXPECT_THAT(plan.error().message, HasSubstr("1000x500: this requires at least 1 MB"));
}

TEST(FlowPlan, of_a_small_frame_does_not_grow_it) {
  FlowRequest small = request(100);
  small.width = small.height = 64;
  const auto plan = plan_flow(small, workspace);
  ASSERT_FALSE(plan);
  small.available_bytes = 64 * 64 * 28;
  const auto fits = plan_flow(small, workspace);
  ASSERT_TRUE(fits);
  EXPECT_EQ(fits->options.max_size, 0);
  EXPECT_EQ(fits->pairs, 1);
}

TEST(FlowPlan, refuses_frames_without_pixels) {
  FlowRequest none = request(100);
  none.width = 0;
  EXPECT_EQ(plan_flow(none, workspace).error().code, ErrorCode::BadShape);
}

}  // namespace
}  // namespace gsttorch
