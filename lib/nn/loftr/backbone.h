// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "lib/nn/loftr/config.h"
#include "lib/nn/ops/conv.h"
#include "lib/nn/weights/module_weights.h"

namespace gsttorch {

/// relu(bn2(conv2(relu(bn1(conv1(x))))) + skip), where skip is x, or bn(conv1x1(x)) if the block
/// halves the size. Norms are folded into the convolutions.
class LoftrBlock {
 public:
  LoftrBlock(const ModuleWeights& weights, std::int64_t in, std::int64_t stride);
  /// Reuses x's memory if possible: x is invalid afterwards, unless the block halves the size.
  at::Tensor operator()(at::Tensor x) const;
  std::int64_t out_channels() const { return conv2_.out_channels(); }

 private:
  Conv conv1_, conv2_;
  std::optional<Conv> downsample_;
};

/// One upsampling step of the FPN: outconv2(outconv(lateral) + coarser map at twice the size).
/// outconv2 is two 3x3 convolutions with a leaky ReLU between them.
class LoftrMerge {
 public:
  LoftrMerge(const ModuleWeights& backbone, int stage, std::int64_t lateral, std::int64_t coarser);

  /// lateral [B, C, 2h, 2w], coarser [B, C', h, w] -> [B, C, 2h, 2w]. Works in bands of rows that
  /// take about `band_bytes` each, so that only the result has the full size.
  at::Tensor dense(const at::Tensor& lateral, const at::Tensor& coarser,
                   std::size_t band_bytes) const;

  /// The same for windows only: the `side` x `side` pixels around each centre (row, column; pixels
  /// of `lateral`) -> [M, C, side, side]. All inputs of the windows must lie inside the map:
  /// centres must be at least side / 2 + 2 from its border.
  at::Tensor windows(const at::Tensor& lateral, const at::Tensor& coarser,
                     const std::vector<std::int64_t>& rows,
                     const std::vector<std::int64_t>& columns, std::int64_t side) const;

  /// Multiplications per pixel: of `dense`, and of a window, divided by its pixels.
  double dense_cost() const;
  double window_cost(std::int64_t side) const;

  std::int64_t out_channels() const { return second_.out_channels(); }
  std::int64_t inner_channels() const { return lateral_.out_channels(); }
  at::ScalarType type() const { return second_.type(); }

 private:
  at::Tensor band(const at::Tensor& lateral, const at::Tensor& coarser, std::int64_t first,
                  std::int64_t last) const;

  Conv lateral_;
  Conv first_, second_;                // padded by one pixel
  Conv first_inside_, second_inside_;  // not padded: they share the weights
};

/// LoFTR's ResNet-FPN. The coarse map only needs the downsampling path, so the upsampling path runs
/// only when fine features are requested. Source: Sun et al., CVPR 2021, section 3.1; zju3dv/LoFTR
/// src/loftr/backbone/resnet_fpn.py.
class LoftrBackbone {
 public:
  LoftrBackbone(const ModuleWeights& weights, const LoftrConfig& config);

  struct Maps {
    at::Tensor coarse;          // [B, C, H/s, W/s]
    at::Tensor fine_lateral;    // [B, C1, 4H/s, 4W/s]; this and the next only with fine features
    at::Tensor middle_lateral;  // [B, C2, 2H/s, 2W/s]
  };
  /// image [B, 1, H, W] in 0..1, H and W multiples of the coarse stride
  Maps operator()(const at::Tensor& image) const;

  const LoftrMerge& middle() const { return *middle_; }  // coarse -> twice its size
  const LoftrMerge& fine() const { return *fine_; }      // twice the coarse size -> four times
  at::ScalarType type() const { return stem_.type(); }
  std::int64_t coarse_channels() const { return coarse_.out_channels(); }
  std::int64_t stem_channels() const { return stem_.out_channels(); }
  std::int64_t fine_channels() const { return blocks_[fine_block_].out_channels(); }
  std::int64_t middle_channels() const { return blocks_[fine_block_ + 2].out_channels(); }

 private:
  Conv stem_;
  std::vector<LoftrBlock> blocks_;  // two per stage
  Conv coarse_;
  std::size_t fine_block_;  // its output feeds the fine branch; the middle's is two later
  std::optional<LoftrMerge> middle_, fine_;
};

}  // namespace gsttorch
