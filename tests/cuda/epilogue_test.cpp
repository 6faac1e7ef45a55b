// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors

// Compares the kernels on feature maps with plain implementations: on the CPU the kernels' own
// steps, and on a GPU the kernels themselves.
#include "lib/cuda/epilogue.h"

#include <cmath>
#include <random>
#include <vector>

#include <cuda_runtime_api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/cuda/cuda_library.h"

namespace gsttorch {
namespace {

using Floats = std::vector<float>;

constexpr float kEpsilon = 1e-5F;

class Maps : public testing::TestWithParam<int> {  // channels
 protected:
  static constexpr int kImages = 2, kPixels = 1031;

  Floats random(std::size_t count, float from = -2, float to = 3) {
    std::uniform_real_distribution<float> distribution(from, to);
    Floats values(count);
    for (float& value : values) value = distribution(random_);
    return values;
  }
  static std::size_t size() { return std::size_t{kImages} * kPixels * GetParam(); }

  static Floats with_bias(const Floats& map, const Floats* bias, const Floats* other,
                          EpilogueActivation activation) {
    Floats out = map;
    for (std::size_t i = 0; i < out.size(); i++) {
      if (bias) out[i] += (*bias)[i % bias->size()];
      if (other) out[i] += (*other)[i];
      if (activation == EpilogueActivation::Relu) out[i] = std::max(out[i], 0.F);
      if (activation == EpilogueActivation::LeakyRelu && out[i] < 0) out[i] *= 0.01F;
    }
    return out;
  }

  // values [images, pixels, channels]; normalizes each channel of each image separately.
  static Floats with_norm(const Floats& map, bool relu) {
    const std::size_t channels = GetParam(), pixels = kPixels;
    Floats out = map;
    for (std::size_t p = 0; p < kImages; p++) {
      for (std::size_t c = 0; c < channels; c++) {
        const auto at = [&](std::size_t i) { return (p * pixels + i) * channels + c; };
        double mean = 0, square = 0;
        for (std::size_t i = 0; i < pixels; i++) mean += map[at(i)] / double{kPixels};
        for (std::size_t i = 0; i < pixels; i++) square += std::pow(map[at(i)] - mean, 2);
        const double inverse = 1 / std::sqrt(square / kPixels + kEpsilon);
        for (std::size_t i = 0; i < pixels; i++) {
          const auto value = static_cast<float>((map[at(i)] - mean) * inverse);
          out[at(i)] = relu ? std::max(value, 0.F) : value;
        }
      }
    }
    return out;
  }

  static InstanceNorm norm_of(float* values, float* scratch, bool relu) {
    return {.values = values,
            .scratch = scratch,
            .batch = kImages,
            .pixels = kPixels,
            .channels = GetParam(),
            .epsilon = kEpsilon,
            .relu = relu};
  }

  std::mt19937 random_{3};
};

TEST_P(Maps, are_given_a_bias_by_the_steps_of_the_kernel) {
  const Floats map = random(size()), bias = random(GetParam()), other = random(size());
  Floats values = map;
  const BiasActivation work = {.values = values.data(),
                               .bias = bias.data(),
                               .other = other.data(),
                               .pixels = kImages * kPixels,
                               .channels = GetParam(),
                               .activation = EpilogueActivation::LeakyRelu};
  for (std::uint32_t i = 0; i < values.size(); i++) add_bias(work, i);
  EXPECT_THAT(values, testing::Pointwise(testing::FloatNear(1e-6F),
                                         with_bias(map, &bias, &other, work.activation)));
}

TEST_P(Maps, are_normalized_by_the_steps_of_the_kernel) {
  const Floats map = random(size(), 20, 21);  // a mean far from zero
  Floats values = map;
  Floats scratch(norm_of(nullptr, nullptr, false).scratch_size(), NAN);
  const InstanceNorm work = norm_of(values.data(), scratch.data(), true);
  for (int p = 0; p < kImages; p++) {
    for (int c = 0; c < work.channels; c++) {
      double sum = 0, square = 0;
      for (int part = 0; part < norm_parts(work); part++) {
        const NormSums sums = norm_sums(work, p, c, norm_part(work, part), 0, 1);
        sum += sums.sum;
        square += sums.square;
      }
      finish_norm(work, p, c, sum, square);
    }
    for (std::uint32_t i = 0; i < values.size() / kImages; i++) apply_norm(work, p, i);
  }
  EXPECT_THAT(values, testing::Pointwise(testing::FloatNear(1e-4F), with_norm(map, true)));
}

class MapsOnGpu : public Maps {
 protected:
  void SetUp() override {
    int count = 0;
    if (cudaGetDeviceCount(&count) != cudaSuccess || count == 0) {
      GTEST_SKIP() << "there is no GPU here";
    }
    const auto loaded = load_cuda_library();
    ASSERT_TRUE(loaded) << loaded.error().message;
    library_ = *loaded;
  }
  void TearDown() override {
    for (void* memory : allocated_) cudaFree(memory);
  }

  float* on_device(const Floats& values) {
    void* memory = nullptr;
    EXPECT_EQ(cudaMalloc(&memory, values.size() * sizeof(float)), cudaSuccess);
    allocated_.push_back(memory);
    cudaMemcpy(memory, values.data(), values.size() * sizeof(float), cudaMemcpyHostToDevice);
    return static_cast<float*>(memory);
  }
  static Floats from_device(const float* memory, std::size_t count) {
    Floats values(count);
    EXPECT_EQ(cudaMemcpy(values.data(), memory, count * sizeof(float), cudaMemcpyDeviceToHost),
              cudaSuccess);
    return values;
  }

  CudaLibrary* library_ = nullptr;
  std::vector<void*> allocated_;
};

TEST_P(MapsOnGpu, are_given_a_bias) {
  const Floats map = random(size()), bias = random(GetParam()), other = random(size());
  for (const bool is_sum : {false, true}) {
    for (const auto activation :
         {EpilogueActivation::None, EpilogueActivation::Relu, EpilogueActivation::LeakyRelu}) {
      float* values = on_device(map);
      const BiasActivation work = {.values = values,
                                   .bias = on_device(bias),
                                   .other = is_sum ? on_device(other) : nullptr,
                                   .pixels = kImages * kPixels,
                                   .channels = GetParam(),
                                   .activation = activation};
      ASSERT_TRUE(library_->add_bias(work, 0, nullptr));
      EXPECT_THAT(from_device(values, map.size()),
                  testing::Pointwise(testing::FloatNear(1e-5F),
                                     with_bias(map, &bias, is_sum ? &other : nullptr, activation)));
    }
  }
}

TEST_P(MapsOnGpu, are_normalized) {
  const Floats map = random(size(), 20, 21);
  for (const bool relu : {false, true}) {
    float* values = on_device(map);
    float* scratch = on_device(Floats(norm_of(nullptr, nullptr, relu).scratch_size(), NAN));
    ASSERT_TRUE(library_->normalize(norm_of(values, scratch, relu), 0, nullptr));
    EXPECT_THAT(from_device(values, map.size()),
                testing::Pointwise(testing::FloatNear(1e-4F), with_norm(map, relu)));
  }
}

TEST_P(MapsOnGpu, are_normalized_row_by_row) {
  const std::size_t channels = GetParam();
  const Floats rows = random(size()), gain = random(channels), bias = random(channels);
  const Floats added = random(size());
  Floats expected = added;
  for (std::size_t row = 0; row < rows.size() / channels; row++) {
    const float* x = rows.data() + row * channels;
    double mean = 0, square = 0;
    for (std::size_t c = 0; c < channels; c++) mean += x[c] / static_cast<double>(channels);
    for (std::size_t c = 0; c < channels; c++) square += std::pow(x[c] - mean, 2);
    const double inverse = 1 / std::sqrt(square / static_cast<double>(channels) + kEpsilon);
    for (std::size_t c = 0; c < channels; c++) {
      expected[row * channels + c] +=
          static_cast<float>((x[c] - mean) * inverse * gain[c] + bias[c]);
    }
  }
  float* out = on_device(Floats(rows.size(), NAN));
  const RowNorm work = {.values = on_device(rows),
                        .gain = on_device(gain),
                        .bias = on_device(bias),
                        .added = on_device(added),
                        .out = out,
                        .rows = kImages * kPixels,
                        .channels = GetParam(),
                        .epsilon = kEpsilon};
  ASSERT_TRUE(library_->normalize(work, 0, nullptr));
  EXPECT_THAT(from_device(out, rows.size()),
              testing::Pointwise(testing::FloatNear(1e-4F), expected));
}

INSTANTIATE_TEST_SUITE_P(Channels, Maps, testing::Values(1, 32, 96, 250));
INSTANTIATE_TEST_SUITE_P(Channels, MapsOnGpu, testing::Values(2, 32, 96, 250));

TEST(CudaLibrary, refuses_maps_that_it_cannot_work_on) {
  const auto library = load_cuda_library();
  ASSERT_TRUE(library) << library.error().message;
  EXPECT_FALSE((*library)->add_bias({}, 0, nullptr));
  EXPECT_FALSE(
      (*library)->normalize(InstanceNorm{.batch = 1, .pixels = 4, .channels = 257}, 0, nullptr));
  EXPECT_FALSE((*library)->normalize(RowNorm{.rows = 4, .channels = 257}, 0, nullptr));
  EXPECT_FALSE((*library)->add_bias({.pixels = std::int64_t{1} << 30, .channels = 2}, 0, nullptr));
}

}  // namespace
}  // namespace gsttorch
