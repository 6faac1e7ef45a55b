// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/core/latency_estimate.h"

#include <gtest/gtest.h>

namespace gsttorch {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

TEST(LatencyEstimate, is_zero_before_the_first) {
  LatencyEstimate estimate;
  EXPECT_EQ(estimate.p95(), 0);
  EXPECT_FALSE(estimate.announce(0));
}

TEST(LatencyEstimate, is_what_nineteen_of_twenty_stay_below) {
  LatencyEstimate estimate;
  for (int i = 1; i <= 20; i++) estimate.add(i);
  EXPECT_EQ(estimate.p95(), 19);
  for (int i = 0; i < 64; i++) estimate.add(7);
  EXPECT_EQ(estimate.p95(), 7);  // only the last 64 count
}

TEST(LatencyEstimate, announces_the_first_at_once_and_changes_that_matter) {
  LatencyEstimate estimate;
  estimate.add(100);
  EXPECT_TRUE(estimate.announce(5));
  EXPECT_EQ(estimate.announced(), 100);
  for (int i = 0; i < 64; i++) estimate.add(109);
  EXPECT_FALSE(estimate.announce(10 * kSecond));
  for (int i = 0; i < 64; i++) estimate.add(85);
  EXPECT_FALSE(estimate.announce(11 * kSecond));
  for (int i = 0; i < 64; i++) estimate.add(80);
  EXPECT_TRUE(estimate.announce(12 * kSecond));
  for (int i = 0; i < 64; i++) estimate.add(90);
  EXPECT_TRUE(estimate.announce(14 * kSecond));
  EXPECT_EQ(estimate.announced(), 90);
}

TEST(LatencyEstimate, announces_at_most_once_a_second) {
  LatencyEstimate estimate;
  estimate.add(100);
  EXPECT_TRUE(estimate.announce(kSecond));
  for (int i = 0; i < 64; i++) estimate.add(500);
  EXPECT_FALSE(estimate.announce(kSecond + kSecond / 2));
  EXPECT_TRUE(estimate.announce(2 * kSecond));
}

TEST(LatencyEstimate, announces_rises_at_once_while_it_knows_little) {
  LatencyEstimate estimate;
  for (int i = 1; i <= 16; i++) {
    estimate.add(100 << i);
    EXPECT_TRUE(estimate.announce(i)) << i;
    EXPECT_EQ(estimate.announced(), 100 << i);
  }
  estimate.add(100 << 17);
  EXPECT_FALSE(estimate.announce(17));
}

}  // namespace
}  // namespace gsttorch
