// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "lib/nn/raft/encoder.h"
#include "lib/nn/raft/update.h"
#include "lib/nn/weights/module_weights.h"

namespace gsttorch {

/// RAFT: recurrent all-pairs field transforms (Teed and Deng, ECCV 2020; arXiv 2003.12039), small
/// and large. Mathematics only: tensors in, tensors out, on the device of the weights. The
/// checkpoint determines widths, block types and recurrent units (torchvision's key names).
/// Reentrant.
class Raft {
 public:
  explicit Raft(const ModuleWeights& weights);

  /// The features of one frame, used in all its pairs.
  struct Features {
    at::Tensor map;      // [B, C, H/8, W/8], for the correlation
    at::Tensor hidden;   // [B, hidden, H/8, W/8], initial recurrent state
    at::Tensor context;  // [B, context, H/8, W/8]
  };
  /// image [B, 3, H, W], R G B in -1..1; H and W multiples of 8 and at least 128.
  Features encode(const at::Tensor& image) const;

  struct Pairs {
    Features first;         // the flow is on their grid
    at::Tensor second_map;  // the flow points into it; [B, C, H/8, W/8]
    at::Tensor start;       // [B, 2, H/8, W/8] on the 1/8 grid, or undefined for zero
  };
  struct Options {
    int iterations = 12;
    double convergence_px = 0;  // see FlowOptions
    std::size_t correlation_budget_bytes = 0;
    std::stop_token stop;
    bool fused = true;  // false: convolution by convolution on the CPU too, for comparison
  };
  struct Flow {
    at::Tensor full;              // [B, 2, H, W], pixels
    at::Tensor coarse;            // [B, 2, H/8, W/8], pixels of the 1/8 grid
    std::vector<int> iterations;  // per pair
  };
  /// Throws Failure(Cancelled) when stopped.
  Flow flow(const Pairs& pairs, const Options& options) const;

  /// Peak bytes of tensors, without the caller's own: `encode` of one image, its result, and `flow`
  /// of a batch on the CPU. Sizes are padded sizes.
  std::size_t encode_bytes(Extent padded) const;
  std::size_t feature_bytes(Extent padded) const;
  std::size_t flow_bytes(Extent padded, std::int64_t batch, std::size_t correlation_budget) const;

  /// Whether these weights are of the large model: only it has learned upsampling.
  static bool is_large(const StateDict& state);
  int radius() const { return radius_; }

 private:
  at::Tensor upsample(const at::Tensor& coarse, const at::Tensor& hidden) const;

  int radius_;
  Encoder feature_encoder_;
  std::int64_t hidden_channels_;
  Encoder context_encoder_;
  UpdateBlock update_block_;
  std::optional<MaskPredictor> mask_predictor_;
};

}  // namespace gsttorch
