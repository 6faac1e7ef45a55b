// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/raft/upsample.h"

#include <ATen/ATen.h>

namespace gsttorch {

at::Tensor upsample_bilinear(const at::Tensor& flow) {
  return at::upsample_bilinear2d(flow.contiguous(), {8 * flow.size(2), 8 * flow.size(3)}, true) * 8;
}

at::Tensor upsample_convex(const at::Tensor& flow, at::Tensor mask) {
  const std::int64_t batch = flow.size(0), h = flow.size(2), w = flow.size(3);
  const at::Tensor weights = mask.reshape({batch, 1, 9, 8, 8, h, w}).softmax(2);
  mask.reset();
  const at::Tensor padded = at::constant_pad_nd(flow.contiguous() * 8, {1, 1, 1, 1});
  at::Tensor up = at::zeros({batch, 2, 8, 8, h, w}, padded.options());  // 8 (dy), 8 (dx)
  for (int k = 0; k < 9; k++) {  // one at a time: all nine products would take most of the memory
    const at::Tensor neighbour = padded.narrow(2, k / 3, h).narrow(3, k % 3, w);
    up.addcmul_(weights.select(2, k), neighbour.unsqueeze(2).unsqueeze(2));
  }
  return up.permute({0, 1, 4, 2, 5, 3}).reshape({batch, 2, 8 * h, 8 * w});
}

}  // namespace gsttorch
