// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/raft/upsample.h"

#include <vector>

#include <ATen/ATen.h>

namespace gsttorch {

at::Tensor upsample_bilinear(const at::Tensor& flow) {
  return at::upsample_bilinear2d(flow.contiguous(), {8 * flow.size(2), 8 * flow.size(3)}, true) * 8;
}

at::Tensor upsample_convex(const at::Tensor& flow, const at::Tensor& mask) {
  const std::int64_t batch = flow.size(0), h = flow.size(2), w = flow.size(3);
  const at::Tensor weights = mask.reshape({batch, 1, 9, 8, 8, h, w}).softmax(2);
  const at::Tensor padded = at::constant_pad_nd(flow.contiguous() * 8, {1, 1, 1, 1});
  std::vector<at::Tensor> shifted;
  for (int dy = 0; dy < 3; dy++) {
    for (int dx = 0; dx < 3; dx++) shifted.push_back(padded.narrow(2, dy, h).narrow(3, dx, w));
  }
  const at::Tensor neighbours = at::stack(shifted, 2).view({batch, 2, 9, 1, 1, h, w});
  const at::Tensor up = (weights * neighbours).sum(2);  // [B, 2, 8 (dy), 8 (dx), h, w]
  return up.permute({0, 1, 4, 2, 5, 3}).reshape({batch, 2, 8 * h, 8 * w});
}

}  // namespace gsttorch
