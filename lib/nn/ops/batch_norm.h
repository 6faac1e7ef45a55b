// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "lib/nn/weights/module_weights.h"

namespace gsttorch {

struct ConvParameters {
  at::Tensor weight;  // [O, I, KH, KW]
  at::Tensor bias;    // [O], or undefined
};

/// Batch normalisation in evaluation mode: y = gain x + offset in each channel.
struct BatchNorm {
  at::Tensor gain, offset;  // [C]

  /// The same for a range of channels.
  BatchNorm narrow(std::int64_t first, std::int64_t count) const;
};

/// Computed from the module's weight, bias, running_mean and running_var.
BatchNorm load_batch_norm(const ModuleWeights& weights, std::int64_t channels,
                          double epsilon = 1e-5);

/// Folds a batch normalisation into the convolution before it: both together are a convolution with
/// other weights and bias.
ConvParameters fold(ConvParameters conv, const BatchNorm& norm);

}  // namespace gsttorch
