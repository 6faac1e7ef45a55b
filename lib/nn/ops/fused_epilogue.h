// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <ATen/core/Tensor.h>

#include "lib/cuda/kernel_parameters.h"

namespace gsttorch {

// Operations on tensors [B, C, H, W] that our kernels execute in one launch, where ATen needs
// several. The first two return false and change nothing if they cannot run: without our kernels,
// on a device other than CUDA, for types other than float32, or for tensors that are not
// channels-last.

/// Replaces map by activation(map + bias + other). bias [C] or undefined; other [B, C, H, W], of
/// any layout, or undefined.
bool add_bias_on_gpu(const at::Tensor& map, const at::Tensor& bias, const at::Tensor& other,
                     EpilogueActivation activation);

/// Instance normalisation, followed by a ReLU if requested.
bool instance_norm_on_gpu(const at::Tensor& map, double epsilon, bool relu);

/// Layer normalisation of rows [..., C], plus `added` if that is defined. Returns an undefined
/// tensor if it cannot run.
at::Tensor row_norm_on_gpu(const at::Tensor& rows, const at::Tensor& gain, const at::Tensor& bias,
                           double epsilon, const at::Tensor& added);

}  // namespace gsttorch
