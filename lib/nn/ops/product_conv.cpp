// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/ops/product_conv.h"

#include <algorithm>
#include <cstring>

#include <ATen/ATen.h>

#include "lib/nn/base/cpu_pool.h"
#include "lib/nn/ops/conv.h"
#include "lib/nn/ops/winograd_conv.h"

namespace gsttorch {
namespace {

constexpr std::int64_t kMostFloats =
    std::int64_t{64} * 1024;  // gathered: they stay in the L2 cache
constexpr std::int64_t kPixelsPerPiece =
    112;  // at most; a multiple of the rows multiplied together

}  // namespace

// One image and its outputs.
struct ProductConv::Image {
  const float* pixels;
  std::int64_t height, width, out_width;
};

bool ProductConv::can_run(const at::Tensor& weight, const ConvGeometry& geometry) {
  return weight.is_cpu() && weight.scalar_type() == at::kFloat && geometry.dilation[0] == 1 &&
         geometry.dilation[1] == 1;
}

ProductConv::ProductConv(const at::Tensor& weight, const at::Tensor& bias,
                         const ConvGeometry& geometry, CpuEpilogue epilogue)
    : in_channels_(weight.size(1)),
      kernel_{weight.size(2), weight.size(3)},
      stride_(geometry.stride),
      padding_(geometry.padding),
      epilogue_(epilogue),
      product_(weight.permute({0, 2, 3, 1}).reshape({weight.size(0), -1}), bias) {}

// Rows [pixels, KH, KW, I] of the inputs of some outputs, with zeros outside the image.
void ProductConv::gather(const Image& image, std::int64_t first, std::int64_t last,
                         float* rows) const {
  const std::int64_t taps = kernel_[1];
  for (std::int64_t p = first; p < last; p++) {
    const std::int64_t top = p / image.out_width * stride_[0] - padding_[0];
    const std::int64_t left = p % image.out_width * stride_[1] - padding_[1];
    const std::int64_t begin = std::clamp<std::int64_t>(-left, 0, taps);
    const std::int64_t end = std::clamp<std::int64_t>(image.width - left, begin, taps);
    for (std::int64_t ky = 0; ky < kernel_[0]; ky++, rows += taps * in_channels_) {
      const std::int64_t y = top + ky;
      if (y < 0 || y >= image.height) {
        std::fill_n(rows, taps * in_channels_, 0.F);
        continue;
      }
      std::fill_n(rows, begin * in_channels_, 0.F);
      std::fill_n(rows + end * in_channels_, (taps - end) * in_channels_, 0.F);
      std::memcpy(rows + begin * in_channels_,
                  image.pixels + (y * image.width + left + begin) * in_channels_,
                  static_cast<std::size_t>((end - begin) * in_channels_) * sizeof(float));
    }
  }
}

void ProductConv::run(const at::Tensor& x, const at::Tensor& other, at::Tensor& output) const {
  const std::int64_t in = product_.in(), out = product_.out();
  const std::int64_t pixels = output.size(2) * output.size(3);
  const bool is_gathered =
      kernel_[0] * kernel_[1] > 1 || stride_[0] * stride_[1] > 1 || padding_[0] + padding_[1] > 0;
  const std::int64_t share = (x.size(0) * pixels + cpu_pool().threads() - 1) / cpu_pool().threads();
  const std::int64_t fitting = std::max<std::int64_t>(kMostFloats / in, 1);
  const std::int64_t piece_pixels = std::min({fitting, kPixelsPerPiece, share});
  const std::int64_t pieces = (pixels + piece_pixels - 1) / piece_pixels;
  const float* from = x.const_data_ptr<float>();
  const float* added = other.defined() ? other.const_data_ptr<float>() : nullptr;
  float* to = output.mutable_data_ptr<float>();
  cpu_pool().run(x.size(0) * pieces, [&](std::int64_t piece) {
    const std::int64_t number = piece / pieces, first = piece % pieces * piece_pixels;
    const std::int64_t last = std::min(first + piece_pixels, pixels);
    const Image image{from + number * x.size(2) * x.size(3) * in_channels_, x.size(2), x.size(3),
                      output.size(3)};
    const float* rows = image.pixels + first * in_channels_;
    if (is_gathered) {
      float* const gathered = thread_scratch(static_cast<std::size_t>(piece_pixels * in));
      gather(image, first, last, gathered);
      rows = gathered;
    }
    const std::int64_t at = (number * pixels + first) * out;
    ProductJob job = product_.job(rows, last - first, to + at, out);
    job.other = added ? added + at : nullptr;
    job.epilogue = epilogue_;
    job.negative_slope = static_cast<float>(kLeakySlope);
    cpu_kernels().multiply(job);
  });
}

}  // namespace gsttorch
