// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <ATen/core/Tensor.h>

namespace gsttorch {

/// Upsamples a flow on the 1/8 grid to full resolution: vectors and grid are scaled by 8.
at::Tensor upsample_bilinear(const at::Tensor& flow);  // [B, 2, h, w] -> [B, 2, 8h, 8w]

/// The same with learned weights: each vector is a convex combination of its 3x3 coarse neighbours
/// (RAFT, section 3.3). mask [B, 9 * 8 * 8, h, w], before the softmax.
at::Tensor upsample_convex(const at::Tensor& flow, at::Tensor mask);

}  // namespace gsttorch
