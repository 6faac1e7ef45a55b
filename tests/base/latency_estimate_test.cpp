// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/base/latency_estimate.h"

#include <gtest/gtest.h>

namespace gsttorch {
namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kSecond = 1000 * kMs;

class LatencyEstimateTest : public testing::Test {
 protected:
  /// Adds as many samples as the estimate uses.
  void fill(std::int64_t ms) {
    for (int i = 0; i < 64; i++) estimate.add(ms * kMs);
  }
  bool announce(std::int64_t second) { return estimate.announce(second * kSecond, whole); }

  LatencyEstimate estimate;
  LatencyEstimate::Whole whole;
};

TEST_F(LatencyEstimateTest, is_zero_before_the_first) {
  EXPECT_EQ(estimate.p95(), 0);
  EXPECT_FALSE(announce(0));
}

TEST_F(LatencyEstimateTest, is_what_nineteen_of_twenty_stay_below) {
  for (int i = 1; i <= 20; i++) estimate.add(i);
  EXPECT_EQ(estimate.p95(), 19);
  for (int i = 0; i < 64; i++) estimate.add(7);
  EXPECT_EQ(estimate.p95(), 7);  // only the last 64 count
}

TEST_F(LatencyEstimateTest, announces_the_first_at_once) {
  estimate.add(100);
  EXPECT_TRUE(estimate.announce(5, whole));
  EXPECT_EQ(estimate.announced(), 100);
}

TEST_F(LatencyEstimateTest, announces_a_rise_of_a_tenth_of_the_whole) {
  whole.rest = 800 * kMs;
  fill(200);
  EXPECT_TRUE(announce(0));
  fill(299);
  EXPECT_FALSE(announce(10));
  fill(301);
  EXPECT_TRUE(announce(20));
  EXPECT_EQ(estimate.announced(), 301 * kMs);
}

TEST_F(LatencyEstimateTest, announces_no_rise_of_less_than_ten_milliseconds) {
  fill(5);
  EXPECT_TRUE(announce(0));
  fill(14);
  EXPECT_FALSE(announce(10));
  fill(16);
  EXPECT_TRUE(announce(20));
}

TEST_F(LatencyEstimateTest, announces_a_fall_of_a_quarter_of_the_whole_and_of_a_frame) {
  whole.frame = 40 * kMs;
  fill(100);
  EXPECT_TRUE(announce(0));
  fill(61);
  EXPECT_FALSE(announce(10));
  fill(59);
  EXPECT_TRUE(announce(20));
  whole.rest = 400 * kMs;
  fill(100);
  EXPECT_FALSE(announce(30));  // rose by less than a tenth of 459 ms
  fill(10);
  EXPECT_FALSE(announce(40));
  whole.rest = 0;
  EXPECT_TRUE(announce(50));
}

TEST_F(LatencyEstimateTest, announces_a_smaller_rise_where_results_were_missed) {
  whole.frame = 40 * kMs;
  fill(100);
  EXPECT_TRUE(announce(0));
  fill(106);
  EXPECT_FALSE(announce(10));
  estimate.add_missed();
  EXPECT_TRUE(announce(20));
  fill(112);
  EXPECT_FALSE(announce(30));  // no result was missed since
}

TEST_F(LatencyEstimateTest, announces_at_most_once_a_second) {
  fill(100);
  EXPECT_TRUE(announce(1));
  fill(500);
  EXPECT_FALSE(estimate.announce(kSecond + kSecond / 2, whole));
  EXPECT_TRUE(announce(2));
}

}  // namespace
}  // namespace gsttorch
