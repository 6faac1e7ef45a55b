// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/loftr/fine_matching.h"

#include <cmath>

#include <ATen/ATen.h>

namespace gsttorch {
namespace {

constexpr std::int64_t kPixels = LoftrConfig::kWindow * LoftrConfig::kWindow;

at::Tensor as_kernel(const at::Tensor& weight) { return weight.unsqueeze(-1).unsqueeze(-1); }

// Merges two successive linear layers into one: down_proj, then merge_feat's second half.
Conv load_context(const ModuleWeights& preprocess, std::int64_t coarse, std::int64_t fine) {
  const at::Tensor down = preprocess.take("down_proj.weight", {fine, coarse});
  const at::Tensor down_bias = preprocess.take("down_proj.bias", {fine});
  const at::Tensor merge = preprocess.take("merge_feat.weight", {fine, 2 * fine});
  const at::Tensor half = merge.narrow(1, fine, fine);
  const at::Tensor bias = at::mv(half, down_bias) + preprocess.take("merge_feat.bias", {fine});
  return Conv(as_kernel(at::mm(half, down)), bias, {}, Activation::None);
}

// Mean position under softmax weights, on a grid from -1 to 1.
at::Tensor expectation(const at::Tensor& logits) {
  const at::Tensor axis =
      at::linspace(-1, 1, LoftrConfig::kWindow, logits.options().memory_format(std::nullopt));
  const at::Tensor weights =
      logits.softmax(1).view({-1, LoftrConfig::kWindow, LoftrConfig::kWindow});
  const at::Tensor x = (weights.sum(1) * axis).sum(1);
  const at::Tensor y = (weights.sum(2) * axis).sum(1);
  return at::stack({x, y}, 1);
}

}  // namespace

LoftrFine::LoftrFine(const ModuleWeights& weights, std::int64_t coarse_channels,
                     std::int64_t fine_channels, const LoftrConfig& config)
    : context_(load_context(weights / "fine_preprocess", coarse_channels, fine_channels)),
      merge_windows_(as_kernel((weights / "fine_preprocess")
                                   .take("merge_feat.weight", {fine_channels, 2 * fine_channels})
                                   .narrow(1, 0, fine_channels)),
                     {}, {}, Activation::None),
      transformer_(weights / "loftr_fine", fine_channels, config.fine_layers, config) {}

at::Tensor LoftrFine::merged(const Side& side) const {
  const at::Tensor rows = side.tokens.t().unsqueeze(0).unsqueeze(2);    // [1, C, 1, M]
  const at::Tensor context = context_(rows).squeeze(2).squeeze(0).t();  // [M, C']
  at::Tensor sum = context.unsqueeze(-1).unsqueeze(-1).expand(side.windows.sizes());
  sum = sum.contiguous(at::MemoryFormat::ChannelsLast);
  return merge_windows_.plus_(side.windows, std::move(sum));
}

at::Tensor LoftrFine::operator()(const Side& first, const Side& second) const {
  const LoftrTransformer::Pair pair = transformer_.on_windows({merged(first), merged(second)});
  const std::int64_t channels = pair.x0.size(1);
  const at::Tensor all = pair.x1.permute({0, 2, 3, 1}).reshape({-1, kPixels, channels});
  const std::int64_t half = LoftrConfig::kWindow / 2;
  const at::Tensor centre = pair.x0.select(3, half).select(2, half);  // [M, C']
  const at::Tensor dots = (all * centre.unsqueeze(1)).sum(2);
  return expectation(dots / std::sqrt(static_cast<double>(channels)));
}

}  // namespace gsttorch
