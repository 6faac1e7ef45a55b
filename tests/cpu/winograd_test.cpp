// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/cpu/winograd.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/cpu/noise.h"

namespace gsttorch {
namespace {

struct Shape {
  std::int64_t in, out, height, width;
  bool is_padded = true;  // to outputs of the same size
  WinogradFilter filter = WinogradFilter::Square3;
};

// Memory that starts at a multiple of 64 bytes.
float* aligned(std::vector<float>& memory) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
  return memory.data() + (64 - address % 64) % 64 / sizeof(float);
}

class WinogradTest : public testing::TestWithParam<const CpuKernels*> {
 protected:
  void make(const Shape& shape) {
    shape_ = shape;
    input_ = noise(random_, shape.height * shape.width * shape.in);
    const WinogradShape filter = shape_of(shape.filter);
    weights_ = noise(random_, shape.out * shape.in * filter.height * filter.width);
    const std::int64_t panel = kernels_.panel;
    bias_ = noise(random_, (shape.out + panel - 1) / panel * panel);
    packed_.assign(packed_winograd_size(kernels_, shape.filter, shape.out, shape.in), NAN);
    pack_winograd(kernels_, shape.filter, weights_.data(), shape.out, shape.in, packed_.data());
  }

  WinogradJob job() {
    WinogradJob job{};
    job.input = {input_.data(), shape_.height, shape_.width, shape_.in, shape_.in};
    job.filter = shape_.filter;
    if (shape_.is_padded) {
      job.pad_y = shape_of(shape_.filter).height / 2;
      job.pad_x = shape_of(shape_.filter).width / 2;
    }
    job.weights = packed_.data();
    job.bias = bias_.data();
    job.out_step = job.out_channels = shape_.out;
    return job;
  }

  std::vector<float> convolved(WinogradJob job, int threads = 1) {
    std::vector<float> output(
        static_cast<std::size_t>(job.out_height() * job.out_width() * shape_.out), NAN);
    job.output = output.data();
    const std::int64_t block = winograd_block(kernels_, job, threads);
    std::vector<float> scratch(winograd_scratch(kernels_, shape_.filter, shape_.in, block) + 16,
                               NAN);
    kernels_.convolve(job, 0, job.tiles(), block, aligned(scratch));
    return output;
  }

  // The convolution by its definition, in double.
  double expected(const WinogradJob& job, std::int64_t y, std::int64_t x, std::int64_t o) {
    const WinogradShape filter = shape_of(job.filter);
    double sum = bias_[o];
    for (std::int64_t ky = 0; ky < filter.height; ky++) {
      for (std::int64_t kx = 0; kx < filter.width; kx++) {
        const std::int64_t row = y + ky - job.pad_y, column = x + kx - job.pad_x;
        if (row < 0 || row >= shape_.height || column < 0 || column >= shape_.width) continue;
        const float* pixel = &input_[(row * shape_.width + column) * shape_.in];
        for (std::int64_t i = 0; i < shape_.in; i++) {
          const std::int64_t filters = (o * shape_.in + i) * filter.height;
          sum += double{pixel[i]} * weights_[(filters + ky) * filter.width + kx];
        }
      }
    }
    return sum;
  }

  // Largest difference from the definition, in parts of the largest output.
  double error(const WinogradJob& job, const std::vector<float>& output) {
    double largest = 0, difference = 0;
    std::size_t at = 0;
    for (std::int64_t y = 0; y < job.out_height(); y++) {
      for (std::int64_t x = 0; x < job.out_width(); x++) {
        for (std::int64_t o = 0; o < shape_.out; o++, at++) {
          const double value = expected(job, y, x, o), apart = std::abs(output[at] - value);
          largest = std::max(largest, std::abs(value));
          difference = apart <= difference ? difference : apart;  // NaN counts
        }
      }
    }
    return difference / largest;
  }

  const CpuKernels& kernels_ = *GetParam();
  std::mt19937 random_{7};
  Shape shape_{};
  std::vector<float> input_, weights_, bias_, packed_;
};

TEST_P(WinogradTest, equals_the_definition_of_the_convolution) {
  for (const Shape shape : {Shape{1, 1, 4, 4}, Shape{16, 32, 8, 8}, Shape{32, 64, 15, 17},
                            Shape{35, 33, 5, 30}, Shape{64, 96, 1, 1}, Shape{17, 48, 3, 2},
                            Shape{178, 40, 9, 13}, Shape{48, 50, 6, 7, false}}) {
    make(shape);
    EXPECT_LT(error(job(), convolved(job())), 1e-5)
        << shape.in << " to " << shape.out << " channels, " << shape.height << "x" << shape.width;
  }
}

TEST_P(WinogradTest, equals_the_definition_with_filters_of_one_row_or_column) {
  for (const auto filter : {WinogradFilter::Row5, WinogradFilter::Column5}) {
    for (const Shape shape : {Shape{32, 32, 8, 8}, Shape{35, 33, 15, 17}, Shape{256, 40, 9, 6},
                              Shape{16, 16, 1, 1}, Shape{48, 50, 7, 6, false}}) {
      make({shape.in, shape.out, shape.height, shape.width, shape.is_padded, filter});
      EXPECT_LT(error(job(), convolved(job())), 1e-5)
          << shape.in << " to " << shape.out << " channels, " << shape.height << "x" << shape.width;
    }
  }
}

TEST_P(WinogradTest, adds_another_image_in_place_before_the_activation) {
  make({32, 40, 7, 9});
  const std::vector<float> plain = convolved(job());
  std::vector<float> other = noise(random_, static_cast<std::int64_t>(plain.size()));
  const std::vector<float> before = other;
  WinogradJob sum = job();
  sum.other = sum.output = other.data();
  sum.epilogue = CpuEpilogue::LeakyRelu;
  sum.negative_slope = 0.01F;
  std::vector<float> scratch(winograd_scratch(kernels_, shape_.filter, 32, 6) + 16);
  kernels_.convolve(sum, 0, sum.tiles(), 6, aligned(scratch));
  for (std::size_t i = 0; i < plain.size(); i++) {
    const float value = plain[i] + before[i];
    ASSERT_NEAR(other[i], value > 0 ? value : 0.01F * value, 1e-5F) << i;
  }
}

TEST_P(WinogradTest, applies_a_relu) {
  make({16, 16, 8, 8});
  const std::vector<float> plain = convolved(job());
  WinogradJob rectified = job();
  rectified.epilogue = CpuEpilogue::Relu;
  const std::vector<float> output = convolved(rectified);
  for (std::size_t i = 0; i < plain.size(); i++) ASSERT_EQ(output[i], std::max(plain[i], 0.F));
}

// The result of a tile depends neither on the other tiles of its block nor on the thread.
TEST_P(WinogradTest, parts_and_blocks_give_the_same_bits) {
  make({40, 70, 19, 23});
  const std::vector<float> whole = convolved(job());
  for (const std::int64_t block : {1, 3, 14, 16}) {
    std::vector<float> output(whole.size());
    WinogradJob part = job();
    part.output = output.data();
    std::vector<float> scratch(winograd_scratch(kernels_, shape_.filter, 40, block) + 16);
    for (std::int64_t tile = 0; tile < part.tiles(); tile += 7) {
      kernels_.convolve(part, tile, std::min(tile + 7, part.tiles()), block, aligned(scratch));
    }
    EXPECT_EQ(output, whole) << block;
  }
}

TEST_P(WinogradTest, reads_images_whose_pixels_have_more_channels) {
  make({32, 32, 8, 8});
  const std::vector<float> dense = convolved(job());
  const std::vector<float> packed = input_;
  input_.assign(8 * 8 * 40, NAN);
  for (int pixel = 0; pixel < 64; pixel++) {
    std::copy_n(&packed[pixel * 32], 32, &input_[pixel * 40]);
  }
  WinogradJob wide = job();
  wide.input.step = 40;
  EXPECT_EQ(convolved(wide), dense);
}

TEST_P(WinogradTest, reads_the_last_channels_from_another_image) {
  make({50, 40, 9, 10});
  const std::vector<float> dense = convolved(job());
  std::vector<float> first(9 * 10 * 32), more(9 * 10 * 20, NAN);
  for (int pixel = 0; pixel < 9 * 10; pixel++) {
    std::copy_n(&input_[pixel * 50], 32, &first[pixel * 32]);
    std::copy_n(&input_[pixel * 50 + 32], 18, &more[pixel * 20]);
  }
  WinogradJob two = job();
  two.input = {first.data(), 9, 10, 32, 32};
  two.more = more.data();
  two.more_channels = 18;
  two.more_step = 20;
  EXPECT_EQ(convolved(two), dense);
}

TEST_P(WinogradTest, writes_pixels_that_have_room_for_more_channels) {
  make({32, 35, 6, 7});
  const std::vector<float> dense = convolved(job());
  std::vector<float> output(6 * 7 * 40, -1);
  WinogradJob wide = job();
  wide.output = output.data();
  wide.out_step = 40;
  std::vector<float> scratch(winograd_scratch(kernels_, shape_.filter, 32, 4) + 16);
  kernels_.convolve(wide, 0, wide.tiles(), 4, aligned(scratch));
  for (int pixel = 0; pixel < 6 * 7; pixel++) {
    for (int c = 0; c < 40; c++) {
      ASSERT_EQ(output[pixel * 40 + c], c < 35 ? dense[pixel * 35 + c] : -1);
    }
  }
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

TEST_P(WinogradTest, computes_the_gates_of_a_recurrent_unit) {
  make({32, 64, 6, 7});
  const std::vector<float> plain = convolved(job()), state = noise(random_, 6 * 7 * 32);
  std::vector<float> reset(state.size(), NAN);
  WinogradJob gates = job();
  gates.epilogue = CpuEpilogue::GruGates;
  gates.state = state.data();
  gates.reset_state = reset.data();
  const std::vector<float> z = convolved(gates);  // only half of it
  for (int pixel = 0; pixel < 6 * 7; pixel++) {
    for (int c = 0; c < 32; c++) {
      const int at = pixel * 32 + c;
      ASSERT_NEAR(z[at], sigmoid(plain[pixel * 64 + c]), 1e-6);
      ASSERT_NEAR(reset[at], sigmoid(plain[pixel * 64 + 32 + c]) * state[at], 1e-6);
    }
  }
}

TEST_P(WinogradTest, blends_the_state_of_a_recurrent_unit_in_place) {
  make({32, 32, 6, 7});
  const std::vector<float> plain = convolved(job()), before = noise(random_, 6 * 7 * 32);
  std::vector<float> state = before, gate = noise(random_, 6 * 7 * 32);
  for (float& z : gate) z = static_cast<float>(sigmoid(z));
  WinogradJob blend = job();
  blend.epilogue = CpuEpilogue::GruState;
  blend.state = blend.output = state.data();
  blend.gate = gate.data();
  std::vector<float> scratch(winograd_scratch(kernels_, shape_.filter, 32, 4) + 16);
  kernels_.convolve(blend, 0, blend.tiles(), 4, aligned(scratch));
  for (std::size_t i = 0; i < plain.size(); i++) {
    const double z = gate[i];
    ASSERT_NEAR(state[i], (1 - z) * before[i] + z * std::tanh(plain[i]), 1e-6);
  }
}

TEST_P(WinogradTest, every_thread_gets_as_many_blocks_as_the_others) {
  make({96, 96, 32, 56});
  for (const int threads : {1, 2, 3, 8}) {
    const std::int64_t block = winograd_block(kernels_, job(), threads);
    EXPECT_GE(block, 1);
    const std::int64_t blocks = (job().tiles() + block - 1) / block;
    EXPECT_EQ(blocks % threads, 0) << threads << " threads, blocks of " << block;
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, WinogradTest, testing::ValuesIn(all_cpu_kernels()),
                         [](const auto& info) { return std::string(info.param->name); });

}  // namespace
}  // namespace gsttorch
