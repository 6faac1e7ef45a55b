// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/perf/rate_meter.h"

#include <gtest/gtest.h>

namespace gsttorch {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

TEST(RateMeter, knows_no_rate_after_one_look) {
  RateMeter meter;
  meter.look(5, kSecond);
  EXPECT_FALSE(meter.now());
  EXPECT_FALSE(meter.average());
  EXPECT_FALSE(meter.minimum());
}

TEST(RateMeter, tells_the_rate_now_on_average_and_at_its_least) {
  RateMeter meter;
  meter.look(0, 10 * kSecond);
  meter.look(50, 11 * kSecond);
  meter.look(60, 12 * kSecond);
  meter.look(90, 13 * kSecond);
  EXPECT_DOUBLE_EQ(*meter.now(), 30);
  EXPECT_DOUBLE_EQ(*meter.average(), 30);
  EXPECT_DOUBLE_EQ(*meter.minimum(), 10);
}

TEST(RateMeter, a_second_reading_at_the_same_time_changes_nothing) {
  RateMeter meter;
  meter.look(0, kSecond);
  meter.look(8, 2 * kSecond);
  meter.look(9, 2 * kSecond);
  EXPECT_DOUBLE_EQ(*meter.now(), 8);
}

}  // namespace
}  // namespace gsttorch
