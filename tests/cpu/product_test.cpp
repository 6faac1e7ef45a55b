// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/cpu/product.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/cpu/noise.h"

namespace gsttorch {
namespace {

class ProductTest : public testing::TestWithParam<const CpuKernels*> {
 protected:
  static constexpr int kXGap = 3, kYGap = 2;  // between rows

  // y of random numbers beside its definition in double.
  void check(int rows, int in, int out, bool has_bias, bool relu) {
    const std::vector<float> x = noise(random_, rows * (in + kXGap)),
                             weights = noise(random_, out * (in + 1));
    const std::int64_t panel = kernels_.panel;
    std::vector<float> bias = noise(random_, (out + panel - 1) / panel * panel);
    std::vector<float> packed(packed_product_size(kernels_, out, in), NAN);
    pack_product(kernels_, weights.data(), in + 1, out, in, packed.data());
    std::vector<float> y(rows * (out + kYGap), -7);
    kernels_.multiply({.x = x.data(),
                       .rows = rows,
                       .x_step = in + kXGap,
                       .in = in,
                       .weights = packed.data(),
                       .bias = has_bias ? bias.data() : nullptr,
                       .other = nullptr,
                       .epilogue = relu ? CpuEpilogue::Relu : CpuEpilogue::None,
                       .negative_slope = 0,
                       .y = y.data(),
                       .y_step = out + kYGap,
                       .out = out});
    for (int r = 0; r < rows; r++) {
      for (int o = 0; o < out + kYGap; o++) {
        double sum = has_bias && o < out ? bias[o] : 0, size = 1;
        for (int i = 0; o < out && i < in; i++) {
          const double term = double{x[r * (in + kXGap) + i]} * weights[o * (in + 1) + i];
          sum += term;
          size += std::abs(term);
        }
        const double expected = o >= out ? -7 : relu ? std::max(sum, 0.) : sum;
        ASSERT_NEAR(y[r * (out + kYGap) + o], expected, 1e-6 * size)
            << rows << "x" << in << " to " << out << ", row " << r << ", column " << o;
      }
    }
  }

  const CpuKernels& kernels_ = *GetParam();
  std::mt19937 random_{11};
};

TEST_P(ProductTest, equals_the_definition) {
  for (const int rows : {1, 2, 6, 7, 14, 15, 29, 64}) check(rows, 37, 32, true, false);
  for (const int out : {1, 2, 15, 16, 17, 32, 33, 96, 100}) check(9, 20, out, true, false);
  for (const int in : {1, 98, 324}) check(5, in, 40, true, false);
}

TEST_P(ProductTest, can_leave_out_the_bias_and_rectify) {
  check(9, 33, 35, false, false);
  check(9, 33, 35, true, true);
  check(9, 33, 35, false, true);
}

TEST_P(ProductTest, adds_other_rows_in_place_before_the_activation) {
  constexpr int kRows = 9, kIn = 8, kOut = 35;
  const std::vector<float> x = noise(random_, kRows * kIn), weights = noise(random_, kOut * kIn);
  std::vector<float> packed(packed_product_size(kernels_, kOut, kIn));
  pack_product(kernels_, weights.data(), kIn, kOut, kIn, packed.data());
  std::vector<float> plain(kRows * kOut), other = noise(random_, kRows * kOut);
  const std::vector<float> before = other;
  ProductJob job{};
  job.x = x.data();
  job.rows = kRows;
  job.x_step = job.in = kIn;
  job.weights = packed.data();
  job.y = plain.data();
  job.y_step = job.out = kOut;
  kernels_.multiply(job);
  job.other = job.y = other.data();
  job.epilogue = CpuEpilogue::LeakyRelu;
  job.negative_slope = 0.25F;
  kernels_.multiply(job);
  for (std::size_t i = 0; i < plain.size(); i++) {
    const float sum = plain[i] + before[i];
    ASSERT_NEAR(other[i], sum > 0 ? sum : 0.25F * sum, 1e-5F) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, ProductTest, testing::ValuesIn(all_cpu_kernels()),
                         [](const auto& info) { return std::string(info.param->name); });

}  // namespace
}  // namespace gsttorch
