// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/raft/consistency.h"

#include <ATen/ATen.h>

namespace gsttorch {

at::Tensor flow_consistency(const at::Tensor& forward, const at::Tensor& backward,
                            double net_pixel_area) {
  const std::int64_t h = forward.size(2), w = forward.size(3);
  const at::TensorOptions options = forward.options().memory_format(std::nullopt);
  const at::Tensor x = at::arange(w, options).view({1, 1, w}) + forward.select(1, 0);
  const at::Tensor y = at::arange(h, options).view({1, h, 1}) + forward.select(1, 1);
  const at::Tensor grid = at::stack({(x * 2 + 1) / w - 1, (y * 2 + 1) / h - 1}, -1);
  // Outside the frame, the border's value is used.
  const at::Tensor back = at::grid_sampler_2d(backward.contiguous(), grid, 0, 1, false);
  const at::Tensor error = (forward + back).square().sum(1);
  const at::Tensor limit =
      (forward.square().sum(1) + back.square().sum(1)) * 0.01 + 0.5 * net_pixel_area;
  const at::Tensor inside = (x >= 0) & (x <= w - 1) & (y >= 0) & (y <= h - 1);
  return inside.to(forward.scalar_type()) / (error / limit + 1);
}

}  // namespace gsttorch
