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

/// Self- and cross-attention in turn, on both sides of a pair. A layer is x + norm2(mlp([x,
/// norm1(merge(attention(x, source)))])); attention is linear, with phi(x) = elu(x) + 1: each query
/// gets phi(q) sum phi(k) v^T / (phi(q) . sum phi(k) + 1e-6), head by head.
///
/// Tokens are the pixels of a channels-last map [B, C, h, w]. On the CPU the work is TokenLayer's;
/// elsewhere, and in widths that it does not know, it is plain ATen (which is also the oracle of
/// the tests). Source: Sun et al., CVPR 2021, section 3.2; zju3dv/LoFTR
/// loftr_module/transformer.py.
class LoftrTransformer {
 public:
  LoftrTransformer(const ModuleWeights& weights, std::int64_t channels, int layers,
                   const LoftrConfig& config);

  /// The first layer, which sees one side alone.
  at::Tensor first(const at::Tensor& x) const { return layer(0, x, x); }

  struct Pair {
    at::Tensor x0, x1;  // [B, C, h, w], [B, C, h', w']
  };
  /// The other layers, after `first` on each side.
  Pair rest(Pair pair) const;

  /// All layers, over pairs of windows [M, C, side, side], for each of which nothing else counts;
  /// may work in their memory.
  Pair on_windows(Pair windows) const;

  /// One layer in plain ATen, whatever the device.
  at::Tensor plain_layer(std::size_t index, const at::Tensor& x, const at::Tensor& source) const;

 private:
  at::Tensor layer(std::size_t index, const at::Tensor& x, const at::Tensor& source) const;
  Pair both(std::size_t index, Pair pair) const;
  bool is_fast(const at::Tensor& x) const;

  std::vector<TokenLayerWeights> weights_;
  std::vector<TokenLayer> layers_;  // none where they do not fit
};

}  // namespace gsttorch
