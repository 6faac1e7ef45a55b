// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/formats/flow_magnitude.h"

#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace gsttorch {
namespace {

FlowView view_of(const std::vector<float>& pairs, int width) {
  FlowView view;
  view.data = pairs.data();
  view.width = width;
  view.height = static_cast<int>(pairs.size()) / 2 / width;
  return view;
}

TEST(FlowMagnitude, is_the_mean_and_the_largest_length) {
  const std::vector<float> pairs = {3, 4, 0, 0, -6, 8, 1, 0};
  const FlowMagnitude magnitude = flow_magnitude(view_of(pairs, 2));
  EXPECT_DOUBLE_EQ(magnitude.mean, 4);
  EXPECT_DOUBLE_EQ(magnitude.max, 10);
}

TEST(FlowMagnitude, scales_each_axis_by_its_own_factor) {
  const std::vector<float> pairs = {1, 0, 0, 1};
  const FlowMagnitude magnitude = flow_magnitude(view_of(pairs, 2), 2, 0.5);
  EXPECT_DOUBLE_EQ(magnitude.mean, 1.25);
  EXPECT_DOUBLE_EQ(magnitude.max, 2);
}

TEST(FlowMagnitude, leaves_unknown_vectors_out) {
  const std::vector<float> pairs = {0, 2, 2e9f, 0, 0, std::numeric_limits<float>::quiet_NaN(),
                                    0, 4};
  const FlowMagnitude magnitude = flow_magnitude(view_of(pairs, 4));
  EXPECT_DOUBLE_EQ(magnitude.mean, 3);
  EXPECT_DOUBLE_EQ(magnitude.max, 4);
}

TEST(FlowMagnitude, of_nothing_known_is_zero) {
  const std::vector<float> pairs = {2e9f, 2e9f};
  EXPECT_EQ(flow_magnitude(view_of(pairs, 1)).mean, 0);
  EXPECT_EQ(flow_magnitude(view_of(pairs, 1)).max, 0);
}

}  // namespace
}  // namespace gsttorch
