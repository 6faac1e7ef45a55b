// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include "lib/nn/raft/consistency.h"

namespace gsttorch {
namespace {

// The same vector for all pixels.
at::Tensor flow_of(float x, float y, std::int64_t height = 12, std::int64_t width = 40) {
  return at::tensor({x, y}).view({1, 2, 1, 1}).expand({1, 2, height, width}).contiguous();
}

// Confidence in the middle, where no vector of these tests leaves the frame.
double confidence(const at::Tensor& forward, const at::Tensor& backward, double area = 1) {
  return flow_consistency(forward, backward, area)[0][6][20].item<double>();
}

TEST(FlowConsistency, is_one_where_both_ways_cancel) {
  EXPECT_EQ(confidence(flow_of(7, -3), flow_of(-7, 3)), 1);
}

// The limit is |F + B|^2 = 0.01 (|F|^2 + |B|^2) + 0.5: for long vectors the first term dominates,
// for short ones the second.
TEST(FlowConsistency, is_a_half_at_the_limit_of_sundaram_et_al) {
  EXPECT_NEAR(confidence(flow_of(0, 0), flow_of(0.7106690f, 0)), 0.5, 1e-5);  // e^2 = 0.01 e^2 + .5
  const double e = 1, there = 12, back = 11;
  const double limit = 0.01 * (there * there + back * back) + 0.5;
  EXPECT_NEAR(confidence(flow_of(12, 0), flow_of(-11, 0)), 1 / (1 + e * e / limit), 1e-5);
}

TEST(FlowConsistency, measures_the_constant_term_in_model_pixels) {
  // If the model sees the frame at a quarter of its size, errors in frame pixels are four times
  // larger.
  EXPECT_NEAR(confidence(flow_of(0, 0), flow_of(4 * 0.7106690f, 0), 16), 0.5, 1e-5);
  EXPECT_LT(confidence(flow_of(0, 0), flow_of(4 * 0.7106690f, 0), 1), 0.1);
}

TEST(FlowConsistency, is_zero_where_the_flow_leaves_the_frame) {
  const at::Tensor all = flow_consistency(flow_of(10, 0), flow_of(-10, 0), 1)[0];
  EXPECT_EQ(all[6][29].item<double>(), 1);
  EXPECT_EQ(all[6][30].item<double>(), 0);
}

}  // namespace
}  // namespace gsttorch
