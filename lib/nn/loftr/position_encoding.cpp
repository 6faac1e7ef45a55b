// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/loftr/position_encoding.h"

#include <cmath>

#include <ATen/ATen.h>

namespace gsttorch {

at::Tensor position_encoding(std::int64_t channels, std::int64_t height, std::int64_t width,
                             bool fixed, c10::Device device) {
  const std::int64_t half = channels / 2;
  const double step =
      fixed ? -std::log(10000.0) / half : std::floor(-std::log(10000.0) / channels / 2);
  const at::TensorOptions options = at::TensorOptions(at::kFloat).device(device);
  const at::Tensor rate = at::exp(at::arange(0, half, 2, options) * step);  // [channels / 4]
  const at::Tensor x = at::arange(1, width + 1, options).view({width, 1}) * rate;
  const at::Tensor y = at::arange(1, height + 1, options).view({height, 1}) * rate;
  const at::Tensor across =
      at::stack({x.sin(), x.cos()}, -1).unsqueeze(0).expand({height, width, channels / 4, 2});
  const at::Tensor down =
      at::stack({y.sin(), y.cos()}, -1).unsqueeze(1).expand({height, width, channels / 4, 2});
  return at::cat({across, down}, -1).reshape({1, height, width, channels}).permute({0, 3, 1, 2});
}

}  // namespace gsttorch
