// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/ops/batch_norm.h"

#include <ATen/ATen.h>

namespace gsttorch {

BatchNorm BatchNorm::narrow(std::int64_t first, std::int64_t count) const {
  return {gain.narrow(0, first, count), offset.narrow(0, first, count)};
}

BatchNorm load_batch_norm(const ModuleWeights& weights, std::int64_t channels, double epsilon) {
  const at::Tensor gain = weights.take("weight", {channels}) /
                          (weights.take("running_var", {channels}) + epsilon).sqrt();
  const at::Tensor offset =
      weights.take("bias", {channels}) - weights.take("running_mean", {channels}) * gain;
  return {gain, offset};
}

ConvParameters fold(ConvParameters conv, const BatchNorm& norm) {
  conv.bias = conv.bias.defined() ? conv.bias * norm.gain + norm.offset : norm.offset.clone();
  conv.weight = conv.weight * norm.gain.view({-1, 1, 1, 1});
  return conv;
}

}  // namespace gsttorch
