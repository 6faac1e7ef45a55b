// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/cuda/cuda_library.h"

#include <cstdlib>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include <cuda_runtime_api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/cuda/pixel.h"
#include "lib/device/primary_context.h"

namespace gsttorch {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr PixelFormat kFormats[] = {
    PixelFormat::NV12, PixelFormat::I420, PixelFormat::Y42B,      PixelFormat::Y444,
    PixelFormat::YUY2, PixelFormat::UYVY, PixelFormat::I420_10LE, PixelFormat::P010_10LE,
    PixelFormat::RGB,  PixelFormat::BGR,  PixelFormat::RGBx,      PixelFormat::BGRx,
    PixelFormat::RGBA, PixelFormat::BGRA, PixelFormat::GRAY8};
constexpr PixelScale kScale{{2, 3, 0.5}, {-1, 0.25, 0}};
constexpr int kWidth = 67, kHeight = 13, kStride = 4 * kWidth + 9;
constexpr std::size_t kPlaneBytes = std::size_t{kStride} * kHeight;

/// Sets an environment variable and restores it on destruction.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    setenv(name, value, 1);
  }
  ~Variable() { setenv(name_, before_.c_str(), 1); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::string before_;
};

/// An image whose three planes follow each other at `data`.
ImageView view_at(const std::uint8_t* data, PixelFormat format) {
  ImageView view{format, kWidth, kHeight, {}, {}};
  for (std::size_t i = 0; i < 3; i++) view.planes[i] = {data + i * kPlaneBytes, kStride};
  return view;
}

CudaLibrary& library() {
  const auto loaded = load_cuda_library();
  if (!loaded) throw std::runtime_error(loaded.error().message);
  return **loaded;
}

TEST(CudaLibrary, is_loaded_without_a_gpu) {
  EXPECT_THAT(library().version(), StartsWith("CUDA 1"));
  EXPECT_EQ(*load_cuda_library(), &library());
}

TEST(CudaLibrary, refuses_an_image_without_pixels) {
  const auto converted =
      library().convert_image({}, kScale, PixelLayout::Planar, 0, nullptr, nullptr);
  ASSERT_FALSE(converted);
  EXPECT_EQ(converted.error().code, ErrorCode::BadShape);
}

TEST(CudaLibrary, that_is_not_there_is_an_error_with_its_remedy) {
  const Variable elsewhere("GST_TORCH_CUDA_LIBRARY", "/no/such/library.so");
  const auto loaded = load_cuda_library();
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::LibraryMissing);
  EXPECT_THAT(loaded.error().message, HasSubstr("/no/such/library.so"));
  EXPECT_THAT(loaded.error().message, HasSubstr("tools/setup"));
}

TEST(CudaLibrary, of_another_version_is_an_error) {
  const Variable other("GST_TORCH_CUDA_LIBRARY", NOTHING_LIBRARY);
  const auto loaded = load_cuda_library();
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().message, HasSubstr("is of another version"));
}

// The fake driver is found and provides a context, but every other call fails.
TEST(PretendedGpu, that_fails_is_an_error_with_cudas_own_reason) {
  std::vector<float> out(3 * kWidth * kHeight);
  const std::vector<std::uint8_t> planes(3 * kPlaneBytes);
  const auto converted = library().convert_image(view_at(planes.data(), PixelFormat::NV12), kScale,
                                                 PixelLayout::Planar, 0, nullptr, out.data());
  ASSERT_FALSE(converted);
  EXPECT_EQ(converted.error().code, ErrorCode::DeviceUnavailable);
  EXPECT_THAT(converted.error().message, StartsWith("cannot convert an image on the GPU: "));
  EXPECT_THAT(converted.error().message, HasSubstr("(cudaError"));
}

TEST(PretendedGpu, that_is_not_there_is_an_error) {
  std::vector<float> out(3 * kWidth * kHeight);
  const auto converted = library().convert_image(view_at(nullptr, PixelFormat::NV12), kScale,
                                                 PixelLayout::Planar, 9, nullptr, out.data());
  ASSERT_FALSE(converted);
  EXPECT_THAT(converted.error().message, HasSubstr("cuDeviceGet failed"));
}

class OnGpu : public testing::TestWithParam<PixelFormat> {
 protected:
  void SetUp() override {
    int count = 0;
    if (cudaGetDeviceCount(&count) != cudaSuccess || count == 0) {
      GTEST_SKIP() << "there is no GPU here";
    }
    std::mt19937 random(1);
    for (auto& byte : planes_) byte = static_cast<std::uint8_t>(random());
    ASSERT_EQ(cudaMalloc(&device_planes_, planes_.size()), cudaSuccess);
    ASSERT_EQ(cudaMalloc(&device_out_, kOut * sizeof(float)), cudaSuccess);
    cudaMemcpy(device_planes_, planes_.data(), planes_.size(), cudaMemcpyHostToDevice);
  }
  void TearDown() override {
    cudaFree(device_planes_);
    cudaFree(device_out_);
  }

  std::vector<float> on_gpu(PixelLayout layout) {
    const auto view = view_at(static_cast<std::uint8_t*>(device_planes_), GetParam());
    const auto converted =
        library().convert_image(view, kScale, layout, 0, nullptr, static_cast<float*>(device_out_));
    EXPECT_TRUE(converted) << converted.error().message;
    std::vector<float> out(kOut);
    EXPECT_EQ(cudaMemcpy(out.data(), device_out_, kOut * sizeof(float), cudaMemcpyDeviceToHost),
              cudaSuccess);
    return out;
  }

  std::vector<float> on_cpu(PixelLayout layout) {
    const PixelSource source = pixel_source(view_at(planes_.data(), GetParam()), kScale);
    std::vector<float> out(kOut);
    for (int y = 0; y < kHeight; y++) {
      for (int x = 0; x < kWidth; x++) convert_pixel(source, layout, x, y, out.data());
    }
    return out;
  }

  static constexpr std::size_t kOut = std::size_t{3} * kWidth * kHeight;
  std::vector<std::uint8_t> planes_ = std::vector<std::uint8_t>(3 * kPlaneBytes);
  void* device_planes_ = nullptr;
  void* device_out_ = nullptr;
};

TEST_P(OnGpu, an_image_becomes_what_the_cpu_makes_of_it) {
  for (const PixelLayout layout : {PixelLayout::Planar, PixelLayout::ChannelsLast}) {
    EXPECT_THAT(on_gpu(layout), testing::Pointwise(testing::FloatNear(1e-4F), on_cpu(layout)));
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, OnGpu, testing::ValuesIn(kFormats));

}  // namespace
}  // namespace gsttorch
