// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/transnet/transnet.h"

#include <algorithm>
#include <array>
#include <string>

#include <ATen/ATen.h>

#include "lib/nn/base/failure.h"
#include "lib/nn/base/stop_scope.h"
#include "lib/nn/ops/batch_norm.h"

namespace gsttorch {
namespace {

constexpr double kBatchNormEpsilon = 1e-3;
constexpr std::array<std::int64_t, 4> kDilations{1, 2, 4, 8};
constexpr std::int64_t kBins = 512;  // 8 levels per colour channel

// [B T, C, H, W] -> [B, C, T, H W], the same memory: both are channels-last.
at::Tensor frames_as_rows(const at::Tensor& x, std::int64_t frames) {
  const std::int64_t pixels = x.size(2) * x.size(3);
  return x.permute({0, 2, 3, 1}).reshape({-1, frames, pixels, x.size(1)}).permute({0, 3, 1, 2});
}

at::Tensor rows_as_frames(const at::Tensor& x, std::int64_t height, std::int64_t width) {
  return x.permute({0, 2, 3, 1}).reshape({-1, height, width, x.size(1)}).permute({0, 3, 1, 2});
}

at::Tensor unit_length(const at::Tensor& x) {
  return x / at::linalg_vector_norm(x, 2, at::IntArrayRef{-1}, true).clamp_min(1e-12);
}

// Histogram of a frame's pixels over 8 x 8 x 8 colours, as a vector of length 1.
// frames uint8 [B, T, H, W, 3] -> [B, T, kBins].
at::Tensor color_histograms(const at::Tensor& frames) {
  const at::Tensor coarse = at::bitwise_right_shift(frames, 5).to(at::kLong);
  const at::Tensor bins =
      coarse.select(-1, 0) * 64 + coarse.select(-1, 1) * 8 + coarse.select(-1, 2);
  const at::Tensor flat = bins.flatten(2);
  const at::TensorOptions options = frames.options().dtype(at::kFloat);
  at::Tensor counts = at::zeros({flat.size(0), flat.size(1), kBins}, options);
  counts.scatter_add_(2, flat, at::ones(flat.sizes(), options));
  return unit_length(counts);
}

std::int64_t number_of(const ModuleWeights& weights, const std::string& key) {
  std::int64_t count = 0;
  while (weights.has(std::to_string(count) + key)) count++;
  return count;
}

}  // namespace

DilatedBlock::DilatedBlock(const ModuleWeights& weights, std::int64_t in) {
  const c10::ScalarType type = weights.compute_type();
  std::optional<BatchNorm> norm;
  for (std::size_t i = 0; i < kDilations.size(); i++) {
    const std::int64_t dilation = kDilations[i];
    const ModuleWeights layers = weights / ("Conv3D_" + std::to_string(dilation)) / "layers";
    const at::Tensor space = layers.take("0.weight", {-1, in, 1, 3, 3});
    const at::Tensor time = layers.take("1.weight", {-1, space.size(0), 3, 1, 1});
    const std::int64_t width = time.size(0);
    const auto branches = static_cast<std::int64_t>(kDilations.size());
    if (!norm) norm = load_batch_norm(weights / "bn", width * branches, kBatchNormEpsilon);
    const ConvParameters folded =
        fold({time.squeeze(-1), {}}, norm->narrow(static_cast<std::int64_t>(i) * width, width));
    branches_.push_back(
        {Conv(space.squeeze(2), {}, {.padding = {1, 1}}, Activation::None, type),
         Conv(folded.weight, folded.bias, {.padding = {dilation, 0}, .dilation = {dilation, 1}},
              Activation::Relu, type)});
  }
}

std::int64_t DilatedBlock::out_channels() const {
  return branches_.front().time.out_channels() * static_cast<std::int64_t>(branches_.size());
}

at::Tensor DilatedBlock::operator()(const at::Tensor& x, std::int64_t frames) const {
  std::vector<at::Tensor> parts;
  for (const Branch& branch : branches_) {
    parts.push_back(branch.time(frames_as_rows(branch.space(x), frames)));
  }
  return rows_as_frames(at::cat(parts, 1), x.size(2), x.size(3));
}

SimilarityHead::SimilarityHead(const ModuleWeights& weights)
    : weight_(weights.take("fc.weight", {-1, -1})),
      bias_(weights.take("fc.bias", {weight_.size(0)})) {
  if (weight_.size(1) % 2 == 0) {
    throw Failure(ErrorCode::WrongArchitecture,
                  "the number of compared frames is even, but it must be odd: the file may contain "
                  "another model");
  }
}

// Row t of the similarities starts at t - reach / 2: along a diagonal of the padded matrix.
at::Tensor SimilarityHead::operator()(const at::Tensor& x) const {
  const std::int64_t batch = x.size(0), frames = x.size(1), reach = weight_.size(1);
  const at::Tensor all = at::bmm(x, x.transpose(1, 2));  // [B, T, T]
  const at::Tensor padded = at::constant_pad_nd(all, {reach / 2, reach / 2}).contiguous();
  const std::int64_t row = frames + reach - 1;
  const at::Tensor near = padded.as_strided({batch, frames, reach}, {frames * row, row + 1, 1});
  at::Tensor out = at::linear(near, weight_, bias_);
  return at::relu_(out);
}

at::Tensor TransNet::Linear::operator()(const at::Tensor& x) const {
  return at::linear(x, weight, bias);
}

TransNet::Linear TransNet::load_linear(const ModuleWeights& weights, std::int64_t in) {
  Linear linear;
  linear.weight = weights.take("weight", {-1, in});
  linear.bias = weights.take("bias", {linear.weight.size(0)});
  return linear;
}

TransNet::TransNet(const ModuleWeights& weights) {
  std::int64_t width = 3, pooled_height = kHeight, pooled_width = kWidth, similarity_width = 0;
  const ModuleWeights stages = weights / "SDDCNN";
  const std::int64_t count =
      std::max<std::int64_t>(1, number_of(stages, ".DDCNN.0.Conv3D_1.layers.0.weight"));
  for (std::int64_t i = 0; i < count; i++) {
    const ModuleWeights blocks = stages / std::to_string(i) / "DDCNN";
    std::vector<DilatedBlock> stage;
    const std::int64_t depth =
        std::max<std::int64_t>(1, number_of(blocks, ".Conv3D_1.layers.0.weight"));
    for (std::int64_t j = 0; j < depth; j++) {
      stage.emplace_back(blocks / std::to_string(j), width);
      width = stage.back().out_channels();
    }
    stages_.push_back(std::move(stage));
    similarity_width += width;
    pooled_height /= 2;
    pooled_width /= 2;
  }
  std::int64_t features = width * pooled_height * pooled_width;
  const ModuleWeights similarity = weights / "frame_sim_layer",
                      colors = weights / "color_hist_layer";
  if (similarity.has("fc.weight")) {
    projection_ = load_linear(similarity / "projection", similarity_width);
    features += frame_similarity_.emplace(similarity).out_channels();
  }
  if (colors.has("fc.weight")) features += color_histogram_.emplace(colors).out_channels();
  hidden_ = load_linear(weights / "fc1", features);
  single_ = load_linear(weights / "cls_layer1", hidden_.weight.size(0));
  all_ = load_linear(weights / "cls_layer2", hidden_.weight.size(0));
}

// The first stage needs the most: a block's input, its branches, and the tensor that joins them.
std::size_t TransNet::peak_elements(std::int64_t frames) const {
  const std::int64_t channels = 3 * stages_.front().back().out_channels() + 4;
  return static_cast<std::size_t>(frames * kHeight * kWidth * channels);
}

TransNet::Logits TransNet::operator()(const at::Tensor& frames) const {
  const std::int64_t batch = frames.size(0), count = frames.size(1);
  const at::Tensor pixels = frames.flatten(0, 1).to(at::kFloat).div(255);
  at::Tensor x = pixels.permute({0, 3, 1, 2});  // already channels-last
  std::vector<at::Tensor> means;
  for (const auto& stage : stages_) {
    at::Tensor shortcut;
    for (const DilatedBlock& block : stage) {
      end_if_stopped();
      x = block(x, count);
      if (!shortcut.defined()) shortcut = x;
    }
    x = at::avg_pool2d(x.add_(shortcut), {2, 2});
    means.push_back(x.mean({2, 3}, false, at::kFloat).view({batch, count, -1}));
  }
  std::vector<at::Tensor> features;
  if (color_histogram_) features.push_back((*color_histogram_)(color_histograms(frames)));
  if (frame_similarity_) {
    features.push_back((*frame_similarity_)(unit_length((*projection_)(at::cat(means, 2)))));
  }
  features.push_back(x.permute({0, 2, 3, 1}).reshape({batch, count, -1}).to(at::kFloat));
  at::Tensor hidden = hidden_(at::cat(features, 2));
  at::relu_(hidden);
  return {single_(hidden).squeeze(-1), all_(hidden).squeeze(-1)};
}

}  // namespace gsttorch
