// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "lib/nn/ops/conv.h"
#include "lib/nn/raft/fused_update.h"
#include "lib/nn/weights/module_weights.h"

namespace gsttorch {

/// RAFT's motion encoder (torchvision's MotionEncoder): converts correlation and flow to features.
class MotionEncoder {
 public:
  MotionEncoder(const ModuleWeights& weights, std::int64_t correlation_channels);

  /// correlation [B, L (2r+1)^2, h, w], flow [B, 2, h, w] -> [B, out_channels(), h, w]; the last
  /// two channels are the flow itself.
  at::Tensor operator()(const at::Tensor& correlation, const at::Tensor& flow) const;
  std::int64_t out_channels() const { return conv_.out_channels() + 2; }
  void share(UpdateConvs& convs) const;
  /// Peak number of tensor channels, without the arguments.
  std::int64_t peak_channels() const;

 private:
  std::vector<Conv> correlation_;  // one or two
  Conv flow1_, flow2_, conv_;
};

/// A convolutional gated recurrent unit (RAFT, section 3.3). Its input is [hidden, context,
/// motion]. The context is the same in every iteration, so its terms of the three convolutions are
/// computed once per pair. The gates z and r are one convolution.
class ConvGru {
 public:
  ConvGru(const ModuleWeights& weights, std::int64_t hidden, std::int64_t context,
          std::int64_t motion);

  ContextTerms precompute_context(const at::Tensor& context) const;  // [B, context, h, w]

  /// One step. `input` [B, hidden + motion, h, w] contains the hidden state and the motion
  /// features; the new state overwrites its hidden part and is also returned.
  at::Tensor step(const at::Tensor& hidden, at::Tensor& input,
                  const ContextTerms& context_terms) const;

  UpdateConvs::Gru convs() const { return {zr_, q_}; }

 private:
  std::int64_t hidden_;
  Conv zr_, q_;                  // on [hidden, motion]
  Conv context_zr_, context_q_;  // on the context, with the bias
};

/// One iteration of RAFT: motion encoder, recurrent units, flow head (torchvision's UpdateBlock).
class UpdateBlock {
 public:
  UpdateBlock(const ModuleWeights& weights, std::int64_t correlation_channels, std::int64_t hidden,
              std::int64_t context);

  std::vector<ContextTerms> precompute_context(const at::Tensor& context) const;

  struct Step {
    at::Tensor hidden;  // [B, hidden, h, w]
    at::Tensor delta;   // [B, 2, h, w], in pixels of the 1/8 grid
  };
  /// Peak number of tensor channels in one iteration, including the correlation; and the channels
  /// that `precompute_context` returns.
  std::int64_t peak_channels() const;
  std::int64_t context_term_channels() const;
  Step operator()(const at::Tensor& hidden, const std::vector<ContextTerms>& context_terms,
                  const at::Tensor& correlation, const at::Tensor& flow) const;

  /// The same block as one function; null where it cannot be.
  const FusedUpdate* fused() const { return fused_.get(); }

 private:
  std::int64_t correlation_channels_, hidden_channels_;
  MotionEncoder motion_;
  std::vector<ConvGru> grus_;  // 3x3, or 1x5 and 5x1
  Conv head1_, head2_;
  std::shared_ptr<const FusedUpdate> fused_;
};

/// Computes the weights of the convex upsampling from the last hidden state (torchvision's
/// MaskPredictor).
class MaskPredictor {
 public:
  MaskPredictor(const ModuleWeights& weights, std::int64_t hidden);
  std::int64_t out_channels() const { return conv2_.out_channels(); }
  at::Tensor operator()(const at::Tensor& hidden) const;  // [B, hidden, h, w] -> [B, 576, h, w]

 private:
  Conv conv1_, conv2_;
};

}  // namespace gsttorch
