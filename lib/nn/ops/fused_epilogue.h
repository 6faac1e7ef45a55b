// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <ATen/core/Tensor.h>

#include "lib/cuda/kernel_parameters.h"

namespace gsttorch {

// Steps on maps [B, C, H, W] that our kernels do in one launch where ATen takes several. The first
// two return false, and have done nothing, where they cannot: on another device than a CUDA one,
// for other types than float32, for maps that are not channels-last, without our kernels.

/// map becomes activation(map + bias + other). bias [C] or undefined; other [B, C, H, W], of any
/// layout, or undefined.
bool add_bias_on_gpu(const at::Tensor& map, const at::Tensor& bias, const at::Tensor& other,
                     EpilogueActivation activation);

/// Instance normalisation, and a ReLU after it.
bool instance_norm_on_gpu(const at::Tensor& map, double epsilon, bool relu);

/// Layer normalisation of rows [..., C], and `added` to it where that is defined. Undefined where
/// it cannot be done here.
at::Tensor row_norm_on_gpu(const at::Tensor& rows, const at::Tensor& gain, const at::Tensor& bias,
                           double epsilon, const at::Tensor& added);

}  // namespace gsttorch
