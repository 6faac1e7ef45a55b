// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/perf/duration_histogram.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace gsttorch {
namespace {

constexpr double kStatedError = 0.016;

TEST(DurationHistogram, has_nothing_to_say_before_the_first_duration) {
  const DurationHistogram histogram;
  const DurationSummary summary = histogram.summary();
  EXPECT_EQ(summary.count, 0u);
  EXPECT_EQ(summary.p99, 0u);
  EXPECT_EQ(summary.max, 0u);
}

TEST(DurationHistogram, keeps_any_single_duration_within_the_stated_error) {
  for (std::uint64_t duration = 1; duration < 4'000'000'000'000; duration += 1 + duration / 37) {
    DurationHistogram histogram;
    histogram.add(duration);
    histogram.add(4'000'000'000'000);  // so that the quantile is not simply the maximum
    const auto told = static_cast<double>(histogram.quantile(0.5));
    ASSERT_NEAR(told, static_cast<double>(duration), kStatedError / 2 * duration) << duration;
  }
}

TEST(DurationHistogram, quantiles_are_those_of_the_sorted_durations) {
  std::mt19937 random(1);
  std::lognormal_distribution<double> spread(13, 2);
  std::vector<std::uint64_t> durations;
  DurationHistogram histogram;
  for (int i = 0; i < 20000; i++) {
    durations.push_back(static_cast<std::uint64_t>(spread(random)));
    histogram.add(durations.back());
  }
  std::sort(durations.begin(), durations.end());
  for (const double share : {0.01, 0.5, 0.95, 0.99, 0.999}) {
    const auto rank = static_cast<std::size_t>(std::ceil(share * durations.size()));
    const auto right = static_cast<double>(durations.at(rank - 1));
    EXPECT_NEAR(static_cast<double>(histogram.quantile(share)), right, kStatedError * right);
  }
  EXPECT_EQ(histogram.summary().max, durations.back());
}

TEST(DurationHistogram, mean_is_exact) {
  DurationHistogram histogram;
  for (const auto duration : {1'000'003, 5'000'009, 9'000'015}) histogram.add(duration);
  EXPECT_EQ(histogram.summary().mean, 5'000'009u);
}

TEST(DurationHistogram, takes_durations_that_are_longer_than_its_buckets) {
  DurationHistogram histogram;
  histogram.add(~std::uint64_t{0} / 2);
  EXPECT_EQ(histogram.quantile(0.5), ~std::uint64_t{0} / 2);
}

TEST(DurationHistogram, merges_another) {
  DurationHistogram one, other;
  one.add(10);
  other.add(30);
  other.add(50);
  one.merge(other);
  EXPECT_EQ(one.summary().count, 3u);
  EXPECT_EQ(one.summary().mean, 30u);
  EXPECT_EQ(one.summary().p50, 30u);
  EXPECT_EQ(one.summary().max, 50u);
}

}  // namespace
}  // namespace gsttorch
