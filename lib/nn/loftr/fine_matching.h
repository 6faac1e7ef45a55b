// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "lib/nn/loftr/config.h"
#include "lib/nn/loftr/transformer.h"
#include "lib/nn/ops/conv.h"
#include "lib/nn/weights/module_weights.h"

namespace gsttorch {

/// Refines matches: moves each second point from the centre of its cell to the position that shows
/// the first point. Source: Sun et al., CVPR 2021, section 3.4; kornia 0.9.0 feature/loftr
/// fine_preprocess, fine_matching.
class LoftrFine {
 public:
  LoftrFine(const ModuleWeights& weights, std::int64_t coarse_channels, std::int64_t fine_channels,
            const LoftrConfig& config);

  /// One side of a batch of matches.
  struct Side {
    at::Tensor windows;  // [M, C', 5, 5], fine features around each point
    at::Tensor tokens;   // [M, C], each point's coarse token after the transformer
  };

  /// Position of the second point in its window, -1 to 1 on each axis: [M, 2] (x, y).
  at::Tensor operator()(const Side& first, const Side& second) const;

 private:
  at::Tensor merged(const Side& side) const;

  Conv context_;        // down_proj, and the half of merge_feat that reads its output
  Conv merge_windows_;  // the other half
  LoftrTransformer transformer_;
};

}  // namespace gsttorch
