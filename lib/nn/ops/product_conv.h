// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <array>
#include <cstdint>

#include <ATen/core/Tensor.h>

#include "lib/nn/ops/packed_product.h"

namespace gsttorch {

struct ConvGeometry;

/// Convolutions on the CPU in float32 as products: of each output's neighbourhood, which is
/// gathered a few pixels at a time, with the weights. For those that Winograd's algorithm does not
/// suit. Reentrant.
class ProductConv {
 public:
  static bool can_run(const at::Tensor& weight, const ConvGeometry& geometry);

  /// weight [O, I, KH, KW], bias [O] or undefined.
  ProductConv(const at::Tensor& weight, const at::Tensor& bias, const ConvGeometry& geometry,
              CpuEpilogue epilogue);

  /// epilogue(conv(x) + other) for x [B, I, H, W] and other [B, O, H', W'] or undefined, float32
  /// and channels-last; so is the result, [B, O, H', W'], which may be `other`.
  void run(const at::Tensor& x, const at::Tensor& other, at::Tensor& output) const;

 private:
  struct Image;
  void gather(const Image& image, std::int64_t first, std::int64_t last, float* rows) const;

  std::int64_t in_channels_;
  std::array<std::int64_t, 2> kernel_, stride_, padding_;
  CpuEpilogue epilogue_;
  PackedProduct product_;  // [O, (KH, KW, I)]
};

}  // namespace gsttorch
