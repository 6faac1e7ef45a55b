// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/raft/flow_figures.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include "lib/nn/memory/cpu_memory.h"

namespace gsttorch {
namespace {

// Vectors of many directions, up to hundreds of pixels long. Their mean is not zero, because a sum
// that cancels has no relative precision.
at::Tensor some_flow(std::int64_t height, std::int64_t width) {
  const at::Tensor at = at::arange(2 * height * width, at::kFloat).view({2, height, width});
  const at::Tensor mean = at::tensor({40.f, -25.f}).view({2, 1, 1});
  return (at * 0.37).sin() * (at * 0.011).cos().square() * 300 + mean;
}

void expect_near(double value, double expected) {
  EXPECT_NEAR(value, expected, 1e-6 * std::abs(expected));
}

// Compares with double precision throughout.
void expect_right(const at::Tensor& flow) {
  const at::Tensor exact = flow.to(at::kDouble);
  const at::Tensor lengths = at::linalg_vector_norm(exact, 2, at::IntArrayRef{0});
  const FlowFigures figures = flow_figures(flow);
  expect_near(figures.mean_magnitude, lengths.mean().item<double>());
  expect_near(figures.max_magnitude, lengths.max().item<double>());
  expect_near(figures.mean_x, exact[0].mean().item<double>());
  expect_near(figures.mean_y, exact[1].mean().item<double>());
}

TEST(FlowFigures, are_those_of_every_pixel_whatever_the_size) {
  for (const auto& [height, width] : {std::pair{1, 1}, {3, 15}, {2, 16}, {7, 17}, {480, 640}}) {
    SCOPED_TRACE(std::to_string(width) + "x" + std::to_string(height));
    expect_right(some_flow(height, width));
  }
  expect_right(some_flow(2, 10'001));  // longer than the part summed in single precision
}

TEST(FlowFigures, are_those_of_a_part_of_a_larger_array_too) {
  const at::Tensor padded = some_flow(72, 136);
  expect_right(padded.narrow(1, 3, 65).narrow(2, 5, 121));
  expect_right(padded.transpose(1, 2));
}

TEST(FlowFigures, do_not_hide_nan) {
  at::Tensor flow = some_flow(9, 33);
  flow[1][4][7] = std::numeric_limits<float>::quiet_NaN();
  const FlowFigures figures = flow_figures(flow);
  EXPECT_TRUE(std::isnan(figures.mean_magnitude));
  EXPECT_TRUE(std::isnan(figures.max_magnitude));
  EXPECT_TRUE(std::isnan(figures.mean_y));
}

TEST(FlowFigures, take_no_memory_of_the_frames_size) {
  install_counting_allocator();
  const at::Tensor flow = some_flow(480, 640);
  reset_cpu_memory_peak();
  const std::size_t before = cpu_memory().current;
  flow_figures(flow);
  EXPECT_LT(cpu_memory().peak - before, 4096u);
}

TEST(VectorLengths, are_euclidean_along_the_dimension) {
  const at::Tensor vectors = some_flow(24, 40).view({2, 6, 4, 40});
  for (const std::int64_t dim : {std::int64_t{0}, std::int64_t{-1}}) {
    const at::Tensor along = dim == 0 ? vectors : vectors.permute({1, 2, 3, 0}).contiguous();
    const at::Tensor lengths = vector_lengths(along, dim);
    const at::Tensor expected = at::linalg_vector_norm(along, 2, at::IntArrayRef{dim});
    EXPECT_EQ(lengths.sizes(), expected.sizes());
    EXPECT_TRUE(at::allclose(lengths, expected, 1e-6, 1e-6));
  }
}

}  // namespace
}  // namespace gsttorch
