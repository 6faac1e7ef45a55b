// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/cpu/product.h"

#include <algorithm>

namespace gsttorch {

std::int64_t packed_product_size(const CpuKernels& kernels, std::int64_t out, std::int64_t in) {
  return (out + kernels.panel - 1) / kernels.panel * kernels.panel * in;
}

void pack_product(const CpuKernels& kernels, const float* weights, std::int64_t step,
                  std::int64_t out, std::int64_t in, float* packed) {
  const std::int64_t panel = kernels.panel;
  for (std::int64_t column = 0; column < out; column += panel) {
    const std::int64_t count = std::min(panel, out - column);
    for (std::int64_t i = 0; i < in; i++, packed += panel) {
      for (std::int64_t o = 0; o < count; o++) packed[o] = weights[(column + o) * step + i];
      std::fill(packed + count, packed + panel, 0.F);
    }
  }
}

}  // namespace gsttorch
