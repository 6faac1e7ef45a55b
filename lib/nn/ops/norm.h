// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <ATen/core/Tensor.h>

namespace gsttorch {

/// Instance normalisation without affine parameters, in place, followed by a ReLU if requested
/// (torch.nn.InstanceNorm2d with its defaults, eps 1e-5). x [B, C, H, W]; on the CPU it must be
/// channels-last float32, which is what Conv returns.
void instance_norm_(at::Tensor& x, bool relu);

/// y = relu(y + x), in place. Both [B, C, H, W] of the same layout.
void add_relu_(at::Tensor& y, const at::Tensor& x);

}  // namespace gsttorch
