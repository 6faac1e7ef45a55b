// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "lib/cpu/product.h"

namespace gsttorch {

/// A bias [out] with zeros up to a whole panel of the kernels; zeros if it is undefined.
at::Tensor packed_bias(const at::Tensor& bias, std::int64_t out);

/// Weights and bias of a product, arranged for the kernels of the CPU.
class PackedProduct {
 public:
  PackedProduct() = default;
  PackedProduct(const at::Tensor& weight, const at::Tensor& bias);  // [out, in], [out] or undefined

  std::int64_t in() const { return in_; }
  std::int64_t out() const { return out_; }

  /// The product of some rows, without epilogue; y_step is that of `y`.
  ProductJob job(const float* rows, std::int64_t count, float* y, std::int64_t y_step) const;

 private:
  std::int64_t in_ = 0, out_ = 0;
  at::Tensor weights_, bias_;
};

}  // namespace gsttorch
