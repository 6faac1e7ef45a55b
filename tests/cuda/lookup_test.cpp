// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors

// Compares the kernel for the correlation lookup with the same steps on the CPU.
#include <cmath>
#include <random>
#include <vector>

#include <cuda_runtime_api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/cuda/cuda_library.h"
#include "tests/support/cpu_lookup.h"

namespace gsttorch {
namespace {

struct Case {
  int radius, depth;
  bool on_the_fly;
};

class LookupOnGpu : public testing::TestWithParam<Case> {
 protected:
  static constexpr int kBatch = 2, kHeight = 16, kWidth = 19, kPixels = kHeight * kWidth;

  void SetUp() override {
    int count = 0;
    if (cudaGetDeviceCount(&count) != cudaSuccess || count == 0) {
      GTEST_SKIP() << "there is no GPU here";
    }
  }
  void TearDown() override {
    for (void* memory : allocated_) cudaFree(memory);
  }

  float* on_device(const std::vector<float>& values) {
    void* memory = nullptr;
    EXPECT_EQ(cudaMalloc(&memory, values.size() * sizeof(float)), cudaSuccess);
    allocated_.push_back(memory);
    cudaMemcpy(memory, values.data(), values.size() * sizeof(float), cudaMemcpyHostToDevice);
    return static_cast<float*>(memory);
  }

  std::vector<float> random_values(std::size_t count, float from, float to) {
    std::uniform_real_distribution<float> distribution(from, to);
    std::vector<float> values(count);
    for (float& value : values) value = distribution(random_);
    return values;
  }

  std::mt19937 random_{1};
  std::vector<void*> allocated_;
};

TEST_P(LookupOnGpu, equals_the_cpu) {
  const auto [radius, depth, on_the_fly] = GetParam();
  CorrelationLookup here{};
  here.batch = kBatch;
  here.pixels = kPixels;
  here.depth = depth;
  here.radius = radius;
  here.on_the_fly = on_the_fly;
  CorrelationLookup there = here;
  std::vector<float> points = random_values(std::size_t{kBatch} * 2 * kPixels, -9, 28);
  points[5] = NAN;
  points[6] = 1e20F;
  const std::vector<float> first = random_values(std::size_t{kBatch} * kPixels * depth, -1, 1);
  std::vector<float> levels[CorrelationLookup::kLevels];
  here.points = points.data();
  there.points = on_device(points);
  here.first = first.data();
  there.first = on_device(first);
  for (int level = 0; level < CorrelationLookup::kLevels; level++) {
    here.heights[level] = there.heights[level] = kHeight >> level;
    here.widths[level] = there.widths[level] = kWidth >> level;
    const std::size_t cells = std::size_t{1} * here.heights[level] * here.widths[level];
    levels[level] = random_values(kBatch * cells * (on_the_fly ? depth : kPixels), -1, 1);
    here.levels[level] = levels[level].data();
    there.levels[level] = on_device(levels[level]);
  }
  const std::vector<float> expected = look_up_on_cpu(here);
  float* out = on_device(std::vector<float>(expected.size(), NAN));
  const auto library = load_cuda_library();
  ASSERT_TRUE(library) << library.error().message;
  const auto started = (*library)->look_up(there, 0, nullptr, out);
  ASSERT_TRUE(started) << started.error().message;
  std::vector<float> found(expected.size());
  ASSERT_EQ(cudaMemcpy(found.data(), out, found.size() * sizeof(float), cudaMemcpyDeviceToHost),
            cudaSuccess);
  EXPECT_THAT(found, testing::Pointwise(testing::FloatNear(1e-4F), expected));
}

INSTANTIATE_TEST_SUITE_P(Forms, LookupOnGpu,
                         testing::Values(Case{3, 128, false}, Case{4, 256, false},
                                         Case{3, 128, true}, Case{4, 256, true}, Case{1, 5, true},
                                         Case{6, 33, true}));

TEST(CudaLibrary, refuses_a_lookup_without_pixels) {
  const auto library = load_cuda_library();
  ASSERT_TRUE(library) << library.error().message;
  const auto started = (*library)->look_up({}, 0, nullptr, nullptr);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::BadShape);
}

}  // namespace
}  // namespace gsttorch
