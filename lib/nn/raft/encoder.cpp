// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/raft/encoder.h"

#include <algorithm>
#include <string>

#include <ATen/ATen.h>

#include "lib/nn/base/stop_scope.h"
#include "lib/nn/ops/batch_norm.h"
#include "lib/nn/ops/norm.h"

namespace gsttorch {
namespace {

Conv load_conv(const ModuleWeights& weights, std::int64_t in, std::int64_t kernel,
               std::int64_t stride, Normalization normalization, bool relu) {
  ConvParameters p;
  p.weight = weights.take("0.weight", {-1, in, kernel, kernel});
  p.bias = weights.take("0.bias", {p.weight.size(0)});
  if (weights.has("1.running_mean")) {
    p = fold(p, load_batch_norm(weights / "1", p.weight.size(0)));
  }
  // Instance normalisation cancels every constant, including the bias.
  if (normalization == Normalization::Instance) p.bias = at::Tensor();
  const bool fused_relu = relu && normalization == Normalization::None;
  return Conv(p.weight, p.bias, {{stride, stride}, {kernel / 2, kernel / 2}},
              fused_relu ? Activation::Relu : Activation::None, weights.compute_type());
}

}  // namespace

ConvNormRelu::ConvNormRelu(const ModuleWeights& weights, std::int64_t in, std::int64_t kernel,
                           std::int64_t stride, Normalization normalization, bool relu)
    : conv_(load_conv(weights, in, kernel, stride, normalization, relu)),
      normalization_(normalization),
      relu_(relu) {}

at::Tensor ConvNormRelu::operator()(const at::Tensor& x) const {
  at::Tensor y = conv_(x);
  if (normalization_ == Normalization::Instance) instance_norm_(y, relu_);
  return y;
}

EncoderBlock::EncoderBlock(const ModuleWeights& weights, std::int64_t in, std::int64_t stride,
                           Normalization normalization)
    : in_channels_(in), stride_(stride) {
  const bool bottleneck = weights.has("convnormrelu3.0.weight");
  const auto add = [&](int number, std::int64_t kernel, std::int64_t conv_stride) {
    const std::int64_t width = convs_.empty() ? in : convs_.back().out_channels();
    convs_.emplace_back(weights / ("convnormrelu" + std::to_string(number)), width, kernel,
                        conv_stride, normalization);
  };
  if (bottleneck) {
    add(1, 1, 1);
    add(2, 3, stride);
    add(3, 1, 1);
  } else {
    add(1, 3, stride);
    add(2, 3, 1);
  }
  if (stride != 1) downsample_.emplace(weights / "downsample", in, 1, stride, normalization, false);
}

at::Tensor EncoderBlock::operator()(const at::Tensor& x) const {
  at::Tensor y = convs_.front()(x);
  for (std::size_t i = 1; i < convs_.size(); i++) y = convs_[i](y);
  add_relu_(y, downsample_ ? (*downsample_)(x) : x);
  return y;
}

std::int64_t EncoderBlock::peak_elements(Extent in) const {
  const std::int64_t input = in_channels_ * in.height * in.width;
  std::int64_t last = 0, peak = 0;
  for (const ConvNormRelu& conv : convs_) {
    in = {in.height / conv.stride(), in.width / conv.stride()};
    const std::int64_t next = conv.out_channels() * in.height * in.width;
    peak = std::max(peak, input + last + next);
    last = next;
  }
  return std::max(peak, input + last + (downsample_ ? last : 0));
}

Encoder::Encoder(const ModuleWeights& weights, Normalization normalization) {
  stem_.emplace_back(weights / "convnormrelu", 3, 7, 2, normalization);
  std::int64_t width = stem_.front().out_channels();
  for (int layer = 1; layer <= 3; layer++) {
    const ModuleWeights stage = weights / ("layer" + std::to_string(layer));
    for (int block = 0; block < 2; block++) {
      const std::int64_t stride = layer > 1 && block == 0 ? 2 : 1;
      blocks_.emplace_back(stage / std::to_string(block), width, stride, normalization);
      width = blocks_.back().out_channels();
    }
  }
  const at::Tensor weight = weights.take("conv.weight", {-1, width, 1, 1});
  last_ = Conv(weight, weights.take("conv.bias", {weight.size(0)}), {}, Activation::None,
               weights.compute_type());
}

std::int64_t Encoder::peak_elements(Extent image) const {
  Extent extent = {image.height / 2, image.width / 2};
  std::int64_t peak = 0;
  for (const EncoderBlock& block : blocks_) {
    peak = std::max(peak, block.peak_elements(extent));
    extent = block.out_extent(extent);
  }
  const std::int64_t last = blocks_.back().out_channels() + last_.out_channels();
  return std::max(peak, 2 * last * extent.height * extent.width);
}

at::Tensor Encoder::operator()(const at::Tensor& image) const {
  at::Tensor x = stem_.front()(image);
  for (const EncoderBlock& block : blocks_) {
    end_if_stopped();
    x = block(x);
  }
  end_if_stopped();
  return last_(x);
}

}  // namespace gsttorch
