// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "lib/nn/ops/conv.h"
#include "lib/nn/weights/module_weights.h"

namespace gsttorch {

/// Two 3x3 convolutions and a shortcut (torchvision's BasicBlock), batch normalisation folded in.
class BasicBlock {
 public:
  BasicBlock(const ModuleWeights& weights, std::int64_t in, std::int64_t stride);

  at::Tensor operator()(const at::Tensor& x) const;  // [B, in, H, W] -> [B, out, H/s, W/s]
  std::int64_t out_channels() const { return conv2_.out_channels(); }

 private:
  Conv conv1_, conv2_;
  std::optional<Conv> downsample_;
};

/// ResNet-18 (He et al., CVPR 2016), or any other depth and width built of basic blocks, without
/// its classifier. Mathematics only, on the device of the weights. Trailing layers may be missing
/// in the checkpoint. Key names are torchvision's. Reentrant.
class ResNet {
 public:
  static constexpr int kMostLayers = 4;

  explicit ResNet(const ModuleWeights& weights);

  /// How many of layer1 to layer4 the model has.
  int layers() const { return static_cast<int>(layers_.size()); }
  std::int64_t stem_channels() const { return conv1_.out_channels(); }
  std::int64_t channels(int layer) const { return layers_[layer - 1].back().out_channels(); }

  /// Global mean of the output of layer 1 to layers(). image [B, 3, H, W], R G B, minus ImageNet's
  /// mean, divided by its deviation -> [B, channels(layer)].
  at::Tensor features(const at::Tensor& image, int layer) const;

 private:
  Conv conv1_;
  std::vector<std::vector<BasicBlock>> layers_;
};

}  // namespace gsttorch
