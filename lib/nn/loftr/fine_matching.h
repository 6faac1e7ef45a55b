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

/// Moves each match's second point from the middle of its cell to where the first point really is.
/// Source: Sun et al., CVPR 2021, section 3.4; kornia 0.9.0 feature/loftr fine_preprocess,
/// fine_matching.
class LoftrFine {
 public:
  LoftrFine(const ModuleWeights& weights, std::int64_t coarse_channels, std::int64_t fine_channels,
            const LoftrConfig& config);

  /// One side of some matches.
  struct Side {
    at::Tensor windows;  // [M, C', 5, 5], fine features around each point
    at::Tensor tokens;   // [M, C], its coarse token after the transformer
  };

  /// Where the second point lies in its window, from -1 to 1 on each axis: [M, 2] (x, y).
  at::Tensor operator()(const Side& first, const Side& second) const;

 private:
  at::Tensor merged(const Side& side) const;

  Conv context_;        // down_proj, and the half of merge_feat that sees what comes of it
  Conv merge_windows_;  // the other half
  LoftrTransformer transformer_;
};

}  // namespace gsttorch
