// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <vector>

#include "lib/cpu/cpu_kernels.h"

namespace gsttorch {

/// The operands of y = epilogue(x W^T + bias + other), such as a 1x1 convolution: one row per
/// pixel.
struct ProductJob {
  const float* x;
  std::int64_t rows, x_step;  ///< x_step: floats from one row to the next
  std::int64_t in;            ///< terms of each sum
  const float* weights;       ///< from `pack_product`, for the panel of the kernels
  const float* bias;          ///< `out` rounded up to a panel; null: zero
  const float* other;         ///< laid out as y, and may be y; null: zero
  CpuEpilogue epilogue;
  float negative_slope;  ///< of LeakyRelu
  float* y;
  std::int64_t y_step, out;
};

/// Arranges weights [out, in], whose rows are `step` floats apart, as [out / panel, in, panel],
/// with zeros for the columns that the last panel lacks.
void pack_product(const CpuKernels& kernels, const float* weights, std::int64_t step,
                  std::int64_t out, std::int64_t in, float* packed);

/// Floats of such packed weights.
std::int64_t packed_product_size(const CpuKernels& kernels, std::int64_t out, std::int64_t in);

}  // namespace gsttorch
