// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/gst-torch/compare/flow_errors.h"
#include "tools/gst-torch/compare/match_errors.h"
#include "tools/gst-torch/compare/shot_errors.h"

namespace gsttorch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// Flow of one row.
FlowView row_of(const std::vector<float>& pairs) {
  return {pairs.data(), static_cast<int>(pairs.size() / 2), 1};
}

TEST(FlowErrors, without_truth_are_those_against_the_reference) {
  const std::vector<float> reference{3, 4, 0, 0}, other{3, 3, 0, 2};
  const FlowErrors errors = flow_errors(row_of(other), row_of(reference), nullptr);
  EXPECT_DOUBLE_EQ(errors.epe_px, 1.5);
  EXPECT_DOUBLE_EQ(errors.target_px, 2.5);
  EXPECT_DOUBLE_EQ(errors.within_1px, 0.5);
  EXPECT_EQ(errors.pixels, 2u);
  EXPECT_DOUBLE_EQ(errors.similarity(), 1 - 1.5 / 2.5);
}

TEST(FlowErrors, of_small_motion_are_judged_by_a_pixel) {
  const std::vector<float> still{0.1f, 0}, other{0.35f, 0}, far{5, 0};
  EXPECT_NEAR(flow_errors(row_of(other), row_of(still), nullptr).similarity(), 0.75, 1e-6);
  EXPECT_EQ(flow_errors(row_of(far), row_of(still), nullptr).similarity(), 0);
  EXPECT_EQ(flow_errors(row_of(still), row_of(still), nullptr).similarity(), 1);
}

TEST(FlowErrors, with_truth_are_those_of_both) {
  const std::vector<float> truth{10, 0}, reference{10, 3}, other{10, 4};
  const FlowView view = row_of(truth);
  const FlowErrors errors = flow_errors(row_of(other), row_of(reference), &view);
  EXPECT_DOUBLE_EQ(errors.epe_px, 4);
  EXPECT_DOUBLE_EQ(errors.reference_epe_px, 3);
  EXPECT_DOUBLE_EQ(errors.target_px, 10);
  EXPECT_DOUBLE_EQ(errors.relative_accuracy(), 0.75);
  EXPECT_EQ(flow_errors(row_of(reference), row_of(other), &view).relative_accuracy(), 1);
  EXPECT_EQ(flow_errors(view, view, &view).relative_accuracy(), 1);
  EXPECT_EQ(flow_errors(row_of(other), view, &view).relative_accuracy(), 0);
}

TEST(FlowErrors, leave_out_pixels_that_are_unknown_on_any_side) {
  const std::vector<float> truth{1, 1, 2e9f, 0, 1, 1, 1, 1}, reference{1, 1, 1, 1, kNan, 0, 1, 1},
      other{1, 3, 1, 1, 1, 1, 0, INFINITY};
  const FlowView view = row_of(truth);
  const FlowErrors errors = flow_errors(row_of(other), row_of(reference), &view);
  EXPECT_EQ(errors.pixels, 1u);
  EXPECT_EQ(errors.unknown_pixels, 3u);
  EXPECT_DOUBLE_EQ(errors.epe_px, 2);
  const std::vector<float> none{kNan, kNan};
  EXPECT_EQ(flow_errors(row_of(none), row_of(none), nullptr).pixels, 0u);
}

using Frames = std::vector<std::uint64_t>;

TEST(ShotErrors, pair_each_boundary_once_within_the_tolerance) {
  const ShotErrors errors = shot_errors(Frames{29, 31, 76, 140}, Frames{30, 77, 90, 138}, 1);
  EXPECT_EQ(errors.common, 2u);
  EXPECT_THAT(errors.missed, ElementsAre(90, 138));
  EXPECT_THAT(errors.added, ElementsAre(31, 140));
  EXPECT_DOUBLE_EQ(errors.f1(), 0.5);
}

TEST(ShotErrors, find_the_most_pairs_of_close_boundaries) {
  EXPECT_EQ(shot_errors(Frames{1, 2, 3}, Frames{2, 3, 4}, 1).f1(), 1);
  EXPECT_EQ(shot_errors(Frames{0, 2}, Frames{1, 3}, 1).f1(), 1);
}

TEST(ShotErrors, of_empty_lists) {
  EXPECT_EQ(shot_errors(Frames{}, Frames{}, 1).f1(), 1);
  EXPECT_EQ(shot_errors(Frames{}, Frames{5}, 1).f1(), 0);
  EXPECT_EQ(shot_errors(Frames{5}, Frames{}, 1).f1(), 0);
  EXPECT_THAT(shot_errors(Frames{5}, Frames{5}, 0).missed, IsEmpty());
}

constexpr Homography kIdentity{1, 0, 0, 0, 1, 0, 0, 0, 1};
constexpr Homography kShifted{1, 0, 3, 0, 1, 4, 0, 0, 1};  // by 5 px

TEST(MatchErrors, precision_is_the_share_within_2_px) {
  const std::vector<Match> matches = {
      {0, 0, 0, 2, 1}, {5, 5, 6, 6, 1}, {5, 5, 5, 7.1f, 1}, {9, 9, 0, 0, 1}};
  EXPECT_DOUBLE_EQ(precision(matches, kIdentity), 0.5);
  EXPECT_EQ(precision(matches, kShifted), 0);
  EXPECT_EQ(precision({}, kIdentity), 0);
}

TEST(MatchErrors, corner_error_is_the_mean_distance_over_the_corners) {
  const std::vector<Match> matches = {{0, 10, 0, 0, 1}, {20, 0, 0, 0, 1}};
  EXPECT_DOUBLE_EQ(corner_error_px(kIdentity, kShifted, matches), 5);
  // Scaled by 1.1 about the origin: the corners of 20x10 move by 0, 2, sqrt(5) and 1.
  constexpr Homography kScaled{1.1, 0, 0, 0, 1.1, 0, 0, 0, 1};
  EXPECT_NEAR(corner_error_px(kIdentity, kScaled, matches), (3 + std::sqrt(5)) / 4, 1e-12);
  constexpr Homography kHorizon{1, 0, 0, 0, 1, 0, -0.05, 0, 1};  // of x = 20
  EXPECT_EQ(corner_error_px(kIdentity, kHorizon, matches), INFINITY);
  EXPECT_EQ(corner_score(0), 1);
  EXPECT_DOUBLE_EQ(corner_score(2.5), 0.75);
  EXPECT_EQ(corner_score(10.5), 0);
  EXPECT_EQ(corner_score(INFINITY), 0);
}

TEST(MatchErrors, counterparts_are_near_in_both_images) {
  const std::vector<Match> matches = {{0, 0, 50, 50, 1}, {8, 0, 58, 50, 1}, {8, 8, 58, 58, 1}};
  const std::vector<Match> others = {{8, 9.5f, 58, 59, 1}, {0, 0, 50, 53, 1}, {6, 0, 60, 50, 1}};
  EXPECT_THAT(have_counterpart(matches, others), ElementsAre(false, true, true));
  EXPECT_THAT(have_counterpart(matches, {}), ElementsAre(false, false, false));
}

TEST(MatchErrors, f1_is_the_harmonic_mean_of_both_shares) {
  std::vector<Match> all(30, {0, 0, 0, 1, 1});
  for (int i = 0; i < 30; i++) all[i].x0 = all[i].x1 = static_cast<float>(8 * i);
  const std::span<const Match> ten(all.data(), 10), rest(all.data() + 10, 20);
  EXPECT_DOUBLE_EQ(match_f1(all, all), 1);
  EXPECT_DOUBLE_EQ(match_f1(all, ten), 2 * (1. / 3) / (1 + 1. / 3));
  EXPECT_DOUBLE_EQ(match_f1(ten, all), match_f1(all, ten));
  EXPECT_EQ(match_f1(ten, rest), 0);
  EXPECT_EQ(match_f1(all, {}), 0);
  EXPECT_EQ(match_f1({}, {}), 1);
}

}  // namespace
}  // namespace gsttorch
