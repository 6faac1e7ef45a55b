// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/ops/flat_image.h"

#include <algorithm>

#include <ATen/ATen.h>

namespace gsttorch {
namespace {

constexpr double kMostDeviation = 2. / 255;   // one level of 8 bits
constexpr std::int64_t kPixelsPerSide = 256;  // at most twice as many are read

std::int64_t step_of(std::int64_t side) { return std::max<std::int64_t>(1, side / kPixelsPerSide); }

}  // namespace

bool is_flat_image(const at::Tensor& image) {
  const std::int64_t height = image.size(2), width = image.size(3);
  const at::Tensor grid =
      image.slice(2, 0, height, step_of(height)).slice(3, 0, width, step_of(width));
  const at::Tensor deviation = grid.to(at::kFloat).std(at::IntArrayRef{2, 3}, /*unbiased=*/false);
  return deviation.max().item<float>() <= kMostDeviation;
}

}  // namespace gsttorch
