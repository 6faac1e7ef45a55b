// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/raft/warm_start.h"

#include <algorithm>

#include <ATen/ATen.h>

namespace gsttorch {
namespace {

// sums [B, 3, h, w]: x, y and the count. Fills empty cells from a coarser grid, recursively.
at::Tensor fill(const at::Tensor& sums) {
  const at::Tensor count = sums.narrow(1, 2, 1);
  const at::Tensor mean = sums.narrow(1, 0, 2) / count.clamp_min(1);
  const std::int64_t h = sums.size(2), w = sums.size(3);
  if (h == 1 && w == 1) return mean;
  // ceil_mode keeps the last row of an odd size. The divisor is 1 because windows are summed.
  const at::Tensor coarse = at::avg_pool2d(
      sums, {std::min<std::int64_t>(2, h), std::min<std::int64_t>(2, w)},
      {std::min<std::int64_t>(2, h), std::min<std::int64_t>(2, w)}, 0, true, false, 1);
  const at::Tensor around = at::upsample_nearest2d(fill(coarse), {h, w});
  const at::Tensor reached = (count > 0).to(sums.scalar_type());
  return mean * reached + around * (1 - reached);
}

}  // namespace

at::Tensor project_forward(const at::Tensor& flow, const at::Tensor& motion) {
  const std::int64_t batch = flow.size(0), h = flow.size(2), w = flow.size(3);
  const at::TensorOptions options = flow.options().memory_format(std::nullopt);
  const at::Tensor x =
      (at::arange(w, options).view({1, 1, w}) + motion.select(1, 0)).round();  // [B, h, w]
  const at::Tensor y = (at::arange(h, options).view({1, h, 1}) + motion.select(1, 1)).round();
  const at::Tensor inside = (x >= 0) & (x < w) & (y >= 0) & (y < h);
  const at::Tensor cell = (y.clamp(0, h - 1) * w + x.clamp(0, w - 1)).to(at::kLong);
  const at::Tensor weight = inside.to(flow.scalar_type()).view({batch, 1, h * w});
  const at::Tensor values =
      at::cat({flow.reshape({batch, 2, h * w}) * weight, weight}, 1);  // [B, 3, h w]
  const at::Tensor sums =
      at::zeros({batch, 3, h * w}, options)
          .scatter_add(2, cell.view({batch, 1, h * w}).expand({-1, 3, -1}), values);
  return fill(sums.view({batch, 3, h, w}));
}

}  // namespace gsttorch
