// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/resnet/resnet.h"

#include <string>

#include <ATen/ATen.h>

#include "lib/nn/base/stop_scope.h"
#include "lib/nn/ops/batch_norm.h"

namespace gsttorch {
namespace {

Conv load_conv(const ModuleWeights& weights, const std::string& conv, const std::string& norm,
               std::int64_t in, std::int64_t kernel, std::int64_t stride, Activation activation) {
  ConvParameters p;
  p.weight = (weights / conv).take("weight", {-1, in, kernel, kernel});
  p = fold(p, load_batch_norm(weights / norm, p.weight.size(0)));
  return Conv(p.weight, p.bias, {{stride, stride}, {kernel / 2, kernel / 2}}, activation,
              weights.compute_type());
}

std::vector<BasicBlock> load_layer(const ModuleWeights& weights, std::int64_t in,
                                   std::int64_t stride) {
  std::vector<BasicBlock> blocks;
  while (blocks.empty() || weights.has(std::to_string(blocks.size()) + ".conv1.weight")) {
    const bool is_first = blocks.empty();
    blocks.emplace_back(weights / std::to_string(blocks.size()),
                        is_first ? in : blocks.back().out_channels(), is_first ? stride : 1);
  }
  return blocks;
}

}  // namespace

// A block that changes the size or the width has a convolution in its shortcut.
BasicBlock::BasicBlock(const ModuleWeights& weights, std::int64_t in, std::int64_t stride)
    : conv1_(load_conv(weights, "conv1", "bn1", in, 3, stride, Activation::Relu)),
      conv2_(load_conv(weights, "conv2", "bn2", conv1_.out_channels(), 3, 1, Activation::Relu)) {
  if (stride != 1 || in != out_channels() || weights.has("downsample.0.weight")) {
    downsample_ =
        load_conv(weights, "downsample.0", "downsample.1", in, 1, stride, Activation::None);
  }
}

at::Tensor BasicBlock::operator()(const at::Tensor& x) const {
  const at::Tensor y = conv1_(x);
  return conv2_.plus(y, downsample_ ? (*downsample_)(x) : x);
}

ResNet::ResNet(const ModuleWeights& weights)
    : conv1_(load_conv(weights, "conv1", "bn1", 3, 7, 2, Activation::Relu)) {
  std::int64_t width = conv1_.out_channels();
  for (int layer = 1; layer <= kMostLayers; layer++) {
    const ModuleWeights module = weights / ("layer" + std::to_string(layer));
    if (layer > 1 && !module.has("0.conv1.weight")) break;
    layers_.push_back(load_layer(module, width, layer == 1 ? 1 : 2));
    width = channels(layer);
  }
}

at::Tensor ResNet::features(const at::Tensor& image, int layer) const {
  at::Tensor x = at::max_pool2d(conv1_(image), {3, 3}, {2, 2}, {1, 1});
  for (int i = 0; i < layer; i++) {
    for (const BasicBlock& block : layers_[i]) {
      end_if_stopped();
      x = block(x);
    }
  }
  return x.mean({2, 3}, false, at::kFloat);
}

}  // namespace gsttorch
