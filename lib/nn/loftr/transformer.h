// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "lib/nn/loftr/config.h"
#include "lib/nn/ops/token_layer.h"
#include "lib/nn/weights/module_weights.h"

namespace gsttorch {

/// Alternating self- and cross-attention on both sides of a pair. A layer is x + norm2(mlp([x,
/// norm1(merge(attention(x, source)))])). Attention is linear, with phi(x) = elu(x) + 1: the result
/// for each query is phi(q) sum phi(k) v^T / (phi(q) . sum phi(k) + 1e-6), per head.
///
/// Tokens are the pixels of a channels-last map [B, C, h, w]. TokenLayer computes layers on the
/// CPU; other devices, and widths that it does not support, use plain ATen (which is also the
/// reference in the tests). Source: Sun et al., CVPR 2021, section 3.2; zju3dv/LoFTR
/// loftr_module/transformer.py.
class LoftrTransformer {
 public:
  LoftrTransformer(const ModuleWeights& weights, std::int64_t channels, int layers,
                   const LoftrConfig& config);

  /// The first layer, which only reads one side.
  at::Tensor first(const at::Tensor& x) const { return layer(0, x, x); }

  struct Pair {
    at::Tensor x0, x1;  // [B, C, h, w], [B, C, h', w']
  };
  /// The remaining layers; call it after `first` on each side.
  Pair rest(Pair pair) const;

  /// All layers, on pairs of windows [M, C, side, side]; the pairs are independent of each other.
  /// May overwrite the windows.
  Pair on_windows(Pair windows) const;

  /// One layer in plain ATen, whatever the device.
  at::Tensor plain_layer(std::size_t index, const at::Tensor& x, const at::Tensor& source) const;

 private:
  at::Tensor layer(std::size_t index, const at::Tensor& x, const at::Tensor& source) const;
  Pair both(std::size_t index, Pair pair) const;
  bool is_fast(const at::Tensor& x) const;

  std::vector<TokenLayerWeights> weights_;
  std::vector<TokenLayer> layers_;  // empty if TokenLayer does not support them
};

}  // namespace gsttorch
