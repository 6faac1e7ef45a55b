// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/ops/device_image.h"

#include <cstdint>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include "lib/cuda/pixel.h"
#include "lib/nn/base/failure.h"
#include "lib/nn/ops/image.h"

namespace gsttorch {
namespace {

constexpr PixelScale kScale{{2, 3, 0.5}, {-1, 0.25, 0}};
constexpr int kGap = 14;  // bytes after each row that do not belong to the image

/// Runs on the CPU what kernels run on a GPU.
class HostKernels final : public CudaLibrary {
 public:
  std::string version() const override { return "none"; }

  Result<void> convert_image(const ImageView& image, const PixelScale& scale, PixelLayout layout,
                             int, void*, float* out) override {
    if (fails) return Error{ErrorCode::DeviceUnavailable, "the GPU fell off the bus"};
    const PixelSource source = pixel_source(image, scale);
    for (int y = 0; y < image.height; y++) {
      for (int x = 0; x < image.width; x++) convert_pixel(source, layout, x, y, out);
    }
    return {};
  }

  Result<void> look_up(const CorrelationLookup&, int, void*, float*) override { return not_here(); }
  Result<void> add_bias(const BiasActivation&, int, void*) override { return not_here(); }
  Result<void> normalize(const InstanceNorm&, int, void*) override { return not_here(); }
  Result<void> normalize(const RowNorm&, int, void*) override { return not_here(); }

  bool fails = false;

 private:
  static Error not_here() {
    return {ErrorCode::Failed, "asked for what has nothing to do with it"};
  }
};

/// Three planes of noise, each large enough for any format.
struct Noise {
  Noise(PixelFormat format, int width, int height, ColorEncoding color) {
    std::mt19937 random(static_cast<unsigned>(width * 100 + height));
    const int stride = 4 * width + 4 + kGap;
    view.format = format;
    view.width = width;
    view.height = height;
    view.color = color;
    for (int i = 0; i < 3; i++) {
      planes[i].resize(static_cast<std::size_t>(stride) * height);
      for (std::size_t at = 0; at < planes[i].size(); at++) {
        planes[i][at] = static_cast<std::uint8_t>(random());
        if (format == PixelFormat::I420_10LE && at % 2) planes[i][at] &= 3;  // only 10 of 16 bits
      }
      view.planes[i] = {planes[i].data(), stride};
    }
  }

  std::vector<std::uint8_t> planes[3];
  ImageView view;
};

using Size = std::pair<int, int>;

class DeviceImage : public testing::TestWithParam<std::tuple<PixelFormat, Size>> {
 protected:
  Noise noise(ColorEncoding color = {}) const {
    const auto& [format, size] = GetParam();
    return Noise(format, size.first, size.second, color);
  }

  HostKernels kernels_;
};

constexpr ColorEncoding kBt709{0.2126, 0.0722, false};
constexpr ColorEncoding kFullRange{0.299, 0.114, true};

TEST_P(DeviceImage, is_what_the_cpu_makes_of_the_same_pixels) {
  for (const ColorEncoding& color : {ColorEncoding{}, kBt709, kFullRange}) {
    const Noise image = noise(color);
    const at::Tensor expected = image_to_tensor(image.view, kScale);
    const at::Tensor made = image_to_device_tensor(image.view, kScale, at::kCPU, kernels_);
    ASSERT_EQ(made.sizes(), expected.sizes());
    EXPECT_TRUE(made.is_contiguous(at::MemoryFormat::ChannelsLast));
    EXPECT_LT((made - expected).abs().max().item<float>(), 1e-6F);
  }
}

TEST_P(DeviceImage, is_the_same_in_planes) {
  const Noise image = noise();
  const at::Tensor expected = image_to_tensor(image.view, kScale).contiguous();
  at::Tensor planes = at::zeros_like(expected);
  ASSERT_TRUE(kernels_.convert_image(image.view, kScale, PixelLayout::Planar, 0, nullptr,
                                     planes.data_ptr<float>()));
  EXPECT_LT((planes - expected).abs().max().item<float>(), 1e-6F);
}

TEST_P(DeviceImage, can_stand_upside_down) {
  Noise image = noise();
  for (auto& plane : image.view.planes) {
    const std::ptrdiff_t size = static_cast<std::ptrdiff_t>(image.planes[0].size());
    plane.data += size - plane.stride;  // larger than any plane, so that all rows are noise
    plane.stride = -plane.stride;
  }
  const at::Tensor expected = image_to_tensor(image.view, kScale);
  const at::Tensor made = image_to_device_tensor(image.view, kScale, at::kCPU, kernels_);
  EXPECT_LT((made - expected).abs().max().item<float>(), 1e-6F);
}

INSTANTIATE_TEST_SUITE_P(
    Formats, DeviceImage,
    testing::Combine(testing::Values(PixelFormat::NV12, PixelFormat::I420, PixelFormat::Y42B,
                                     PixelFormat::Y444, PixelFormat::YUY2, PixelFormat::UYVY,
                                     PixelFormat::I420_10LE, PixelFormat::P010_10LE,
                                     PixelFormat::RGB, PixelFormat::BGR, PixelFormat::RGBx,
                                     PixelFormat::BGRx, PixelFormat::RGBA, PixelFormat::BGRA,
                                     PixelFormat::GRAY8),
                     testing::Values(Size{16, 8}, Size{7, 5}, Size{1, 1})));

TEST(DeviceImage, that_the_gpu_cannot_make_is_a_failure_with_its_reason) {
  const Noise image(PixelFormat::NV12, 4, 4, {});
  HostKernels kernels;
  kernels.fails = true;
  try {
    image_to_device_tensor(image.view, kScale, at::kCPU, kernels);
    FAIL() << "nothing was thrown";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), ErrorCode::DeviceUnavailable);
    EXPECT_STREQ(failure.what(), "the GPU fell off the bus");
  }
}

}  // namespace
}  // namespace gsttorch
