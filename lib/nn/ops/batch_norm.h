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

  /// Of some of its channels.
  BatchNorm narrow(std::int64_t first, std::int64_t count) const;
};

/// From the module's weight, bias, running_mean and running_var.
BatchNorm load_batch_norm(const ModuleWeights& weights, std::int64_t channels,
                          double epsilon = 1e-5);

/// A convolution with a batch normalisation after it is a convolution with other numbers.
ConvParameters fold(ConvParameters conv, const BatchNorm& norm);

}  // namespace gsttorch
