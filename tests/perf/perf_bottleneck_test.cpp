// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/perf/perf_bottleneck.h"

#include <gtest/gtest.h>

namespace gsttorch {
namespace {

constexpr std::uint64_t kEnough = 20;

SampledElement source(double busy) { return {kEnough, busy, true}; }
SampledElement filter(double busy) { return {kEnough, busy, false}; }

TEST(PerfBottleneck, is_the_element_that_is_at_work_most) {
  EXPECT_EQ(find_bottleneck({filter(0.2), filter(0.7), filter(0.1)}), 1u);
}

TEST(PerfBottleneck, is_unknown_before_there_are_enough_samples) {
  EXPECT_EQ(find_bottleneck({{kEnough - 1, 0.9, false}}), std::nullopt);
  EXPECT_EQ(find_bottleneck({{kEnough - 1, 0.9, false}, filter(0.3)}), 1u);
}

TEST(PerfBottleneck, is_none_where_nobody_is_at_work) {
  EXPECT_EQ(find_bottleneck({source(0), filter(0)}), std::nullopt);
  EXPECT_EQ(find_bottleneck({}), std::nullopt);
}

TEST(PerfBottleneck, is_the_live_source_where_a_sink_waits_just_as_long) {
  EXPECT_EQ(find_bottleneck({filter(0.99), source(0.96)}), 1u);
  EXPECT_EQ(find_bottleneck({source(0.96), filter(0.99)}), 0u);
  EXPECT_EQ(find_bottleneck({filter(1), source(1)}), 1u);
}

TEST(PerfBottleneck, is_not_a_source_that_is_at_work_for_clearly_less) {
  EXPECT_EQ(find_bottleneck({filter(0.99), source(0.93)}), 0u);
}

TEST(PerfBottleneck, gives_no_benefit_of_doubt_to_a_source_that_mostly_waits) {
  EXPECT_EQ(find_bottleneck({filter(0.48), source(0.47)}), 0u);
}

}  // namespace
}  // namespace gsttorch
