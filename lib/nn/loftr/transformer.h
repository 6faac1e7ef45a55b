// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "lib/nn/loftr/config.h"
#include "lib/nn/ops/conv.h"
#include "lib/nn/weights/module_weights.h"

namespace gsttorch {

// Tokens are the pixels of a channels-last map [B, C, h, w], and every linear layer is a 1x1
// convolution over it.

/// One layer: x + norm2(mlp([x, norm1(merge(attention(x, source)))])).
/// Source: Sun et al., CVPR 2021, section 3.2; zju3dv/LoFTR loftr_module/transformer.py.
class LoftrLayer {
 public:
  LoftrLayer(const ModuleWeights& weights, std::int64_t channels, std::int64_t heads,
             double epsilon);

  at::Tensor self(const at::Tensor& x) const;
  at::Tensor cross(const at::Tensor& x, const at::Tensor& source) const;

 private:
  struct Norm {
    at::Tensor gain, bias;
  };
  Norm load_norm(const ModuleWeights& weights, const char* name, std::int64_t channels) const;
  at::Tensor update(const at::Tensor& x, const at::Tensor& message) const;

  std::int64_t channels_, heads_;
  double epsilon_;
  Conv query_key_value_;  // all of x
  Conv query_, key_value_;
  Conv merge_;
  Conv mlp_x_, mlp_message_;  // the halves of the first linear layer: it adds up what they see
  Conv mlp_out_;
  Norm norm1_, norm2_;
};

/// Self- and cross-attention in turn, on both sides of a pair.
class LoftrTransformer {
 public:
  LoftrTransformer(const ModuleWeights& weights, std::int64_t channels, int layers,
                   const LoftrConfig& config);

  /// The first layer, which sees one side alone.
  at::Tensor first(const at::Tensor& x) const { return layers_.front().self(x); }

  struct Pair {
    at::Tensor x0, x1;  // [B, C, h, w], [B, C, h', w']
  };
  /// The other layers, after `first` on each side.
  Pair rest(Pair pair) const;

  /// All layers.
  Pair operator()(const Pair& pair) const { return rest(self(layers_.front(), pair)); }

 private:
  static Pair self(const LoftrLayer& layer, const Pair& pair);

  std::vector<LoftrLayer> layers_;
};

}  // namespace gsttorch
