// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "lib/nn/ops/conv.h"
#include "lib/nn/weights/module_weights.h"

namespace gsttorch {

/// The normalisation between a convolution and its ReLU. Batch normalisation (evaluation mode) is
/// folded into the convolution when it is loaded.
enum class Normalization { None, Instance };

/// A convolution of an encoder with its normalisation and activation: torchvision's
/// Conv2dNormActivation.
class ConvNormRelu {
 public:
  /// weights: the module whose children are `0` (convolution) and, with batch norm, `1`.
  ConvNormRelu(const ModuleWeights& weights, std::int64_t in, std::int64_t kernel,
               std::int64_t stride, Normalization normalization, bool relu = true);

  at::Tensor operator()(
      const at::Tensor& x) const;  // [B, in, H, W] -> [B, out, H/stride, W/stride]
  std::int64_t out_channels() const { return conv_.out_channels(); }
  std::int64_t stride() const { return conv_.stride(); }

 private:
  Conv conv_;
  Normalization normalization_;
  bool relu_;
};

struct Extent {
  std::int64_t height = 0, width = 0;
};

/// Residual block (two 3x3 convolutions) or bottleneck (1x1, 3x3, 1x1), depending on the file.
class EncoderBlock {
 public:
  EncoderBlock(const ModuleWeights& weights, std::int64_t in, std::int64_t stride,
               Normalization normalization);

  at::Tensor operator()(const at::Tensor& x) const;
  std::int64_t out_channels() const { return convs_.back().out_channels(); }
  Extent out_extent(Extent in) const { return {in.height / stride_, in.width / stride_}; }
  /// Peak number of tensor elements, including the input.
  std::int64_t peak_elements(Extent in) const;

 private:
  std::vector<ConvNormRelu> convs_;
  std::optional<ConvNormRelu> downsample_;
  std::int64_t in_channels_, stride_;
};

/// RAFT's feature and context encoders (torchvision's FeatureEncoder; RAFT, section 3.1): a 7x7
/// stem, three stages of two blocks, a 1x1 convolution. The file determines widths and block type.
class Encoder {
 public:
  Encoder(const ModuleWeights& weights, Normalization normalization);

  at::Tensor operator()(const at::Tensor& image) const;  // [B, 3, H, W] -> [B, C, H/8, W/8]
  std::int64_t out_channels() const { return last_.out_channels(); }
  at::ScalarType type() const { return last_.type(); }
  /// Peak number of tensor elements for one image, without the image.
  std::int64_t peak_elements(Extent image) const;

 private:
  std::vector<ConvNormRelu> stem_;
  std::vector<EncoderBlock> blocks_;
  Conv last_;
};

}  // namespace gsttorch
