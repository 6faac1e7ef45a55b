// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/results/split_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gsttorch {

// For matchers and their messages.
bool operator==(const MovedCut& a, const MovedCut& b) {
  return a.shot == b.shot && a.frame == b.frame && a.moved_to == b.moved_to;
}

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int64_t kFrame = 40'000'000;  // 25 frames per second

std::vector<std::int64_t> times_of(const std::vector<std::int64_t>& frames) {
  std::vector<std::int64_t> times;
  for (const std::int64_t frame : frames) times.push_back(frame * kFrame);
  return times;
}

std::vector<std::int64_t> film(std::int64_t count) {
  std::vector<std::int64_t> times;
  for (std::int64_t i = 0; i < count; i++) times.push_back(i * kFrame);
  return times;
}

std::vector<std::uint64_t> first_frames(const SplitPlan& plan) {
  std::vector<std::uint64_t> frames;
  for (const SplitPart& part : plan.parts) frames.push_back(part.first_frame);
  return frames;
}

std::vector<std::size_t> shots_of(const SplitPlan& plan) {
  std::vector<std::size_t> shots;
  for (const SplitPart& part : plan.parts) shots.push_back(part.shot);
  return shots;
}

TEST(SplitTimes, are_all_key_frames_where_frames_come_in_order) {
  EXPECT_THAT(split_times({{0, true}, {1, false}, {2, true}, {3, true}}), ElementsAre(0, 2, 3));
}

TEST(SplitTimes, are_key_frames_whose_group_is_closed) {
  // Display order: 0 1 2 | 3 4 5. The frames that follow key frame 3 are displayed after it.
  EXPECT_THAT(split_times({{0, true}, {2, false}, {1, false}, {3, true}, {5, false}, {4, false}}),
              ElementsAre(0, 3));
}

TEST(SplitTimes, leave_out_a_key_frame_that_earlier_frames_follow) {
  // Frame 2 follows key frame 3 in the stream but is displayed before it.
  EXPECT_THAT(split_times({{0, true}, {1, false}, {3, true}, {2, false}, {4, false}, {5, true}}),
              ElementsAre(0, 5));
}

TEST(SplitTimes, leave_out_a_key_frame_that_later_frames_precede) {
  EXPECT_THAT(split_times({{0, true}, {5, false}, {3, true}, {6, true}}), ElementsAre(0, 6));
}

TEST(SplitTimes, of_nothing_are_none) { EXPECT_THAT(split_times({}), IsEmpty()); }

TEST(SplitPlan, splits_exactly_at_key_frames) {
  const auto plan = plan_split({0, 3, 7}, film(10), times_of({0, 3, 5, 7}));
  EXPECT_THAT(first_frames(plan), ElementsAre(0, 3, 7));
  EXPECT_THAT(shots_of(plan), ElementsAre(0, 1, 2));
  EXPECT_EQ(plan.parts[1].start_ns, 3 * kFrame);
  EXPECT_THAT(plan.moved, IsEmpty());
}

TEST(SplitPlan, moves_a_cut_to_the_next_key_frame_and_tells) {
  const auto plan = plan_split({0, 3, 7}, film(10), times_of({0, 5, 7}));
  EXPECT_THAT(first_frames(plan), ElementsAre(0, 5, 7));
  EXPECT_EQ(plan.parts[1].start_ns, 5 * kFrame);
  EXPECT_THAT(plan.moved, ElementsAre(MovedCut{1, 3, 5}));
}

TEST(SplitPlan, gives_no_part_to_a_shot_without_a_key_frame) {
  const auto plan = plan_split({0, 3, 5}, film(10), times_of({0, 8}));
  EXPECT_THAT(first_frames(plan), ElementsAre(0, 8));
  EXPECT_THAT(shots_of(plan), ElementsAre(0, 2));
  EXPECT_THAT(plan.moved, ElementsAre(MovedCut{1, 3, std::nullopt}, MovedCut{2, 5, 8}));
}

TEST(SplitPlan, gives_no_part_to_a_shot_whose_key_frame_begins_the_next) {
  const auto plan = plan_split({0, 3, 5}, film(10), times_of({0, 5}));
  EXPECT_THAT(shots_of(plan), ElementsAre(0, 2));
  EXPECT_THAT(plan.moved, ElementsAre(MovedCut{1, 3, std::nullopt}));
}

TEST(SplitPlan, leaves_all_in_one_part_where_no_key_frame_follows) {
  const auto plan = plan_split({0, 3, 9}, film(10), times_of({0}));
  EXPECT_THAT(first_frames(plan), ElementsAre(0));
  EXPECT_THAT(plan.moved, ElementsAre(MovedCut{1, 3, std::nullopt}, MovedCut{2, 9, std::nullopt}));
}

TEST(SplitPlan, of_one_shot_is_one_part_even_where_nothing_can_be_split) {
  EXPECT_THAT(first_frames(plan_split({0}, film(4), {})), ElementsAre(0));
}

TEST(SplitPlan, takes_times_that_differ_by_rounding_for_the_same) {
  const auto plan = plan_split({0, 3}, film(10), {0, 3 * kFrame - 400'000, 8 * kFrame});
  EXPECT_THAT(first_frames(plan), ElementsAre(0, 3));
  EXPECT_THAT(plan.moved, IsEmpty());
}

}  // namespace
}  // namespace gsttorch
