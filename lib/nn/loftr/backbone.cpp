// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/loftr/backbone.h"

#include <algorithm>
#include <string>

#include <ATen/ATen.h>

#include "lib/nn/base/stop_scope.h"
#include "lib/nn/loftr/windows.h"

namespace gsttorch {
namespace {

constexpr double kBatchNormEpsilon = 1e-5;
constexpr auto kPixelMajor = at::MemoryFormat::ChannelsLast;

struct Shape {
  std::int64_t out;  // -1: as in the file
  std::int64_t in, kernel;
};

// conv followed by (y - mean) / sqrt(var + eps) * gamma + beta is a convolution with other weights.
Conv load_folded(const ModuleWeights& weights, const char* conv, const char* norm, Shape shape,
                 std::int64_t stride, Activation activation) {
  const at::Tensor weight = weights.take(std::string(conv) + ".weight",
                                         {shape.out, shape.in, shape.kernel, shape.kernel});
  const std::int64_t out = weight.size(0), kernel = shape.kernel;
  const ModuleWeights bn = weights / norm;
  const at::Tensor gain =
      bn.take("weight", {out}) / (bn.take("running_var", {out}) + kBatchNormEpsilon).sqrt();
  const at::Tensor bias = bn.take("bias", {out}) - bn.take("running_mean", {out}) * gain;
  return Conv(weight * gain.view({-1, 1, 1, 1}), bias, {{stride, stride}, {kernel / 2, kernel / 2}},
              activation, weights.compute_type());
}

Conv load_conv(const ModuleWeights& weights, const std::string& name, std::int64_t out,
               std::int64_t in, std::int64_t kernel) {
  return Conv(weights.take(name + ".weight", {out, in, kernel, kernel}), {},
              {{1, 1}, {kernel / 2, kernel / 2}}, Activation::None, weights.compute_type());
}

std::string layer(int stage) { return "layer" + std::to_string(stage); }

}  // namespace

LoftrBlock::LoftrBlock(const ModuleWeights& weights, std::int64_t in, std::int64_t stride)
    : conv1_(load_folded(weights, "conv1", "bn1", {-1, in, 3}, stride, Activation::Relu)),
      conv2_(load_folded(weights, "conv2", "bn2", {stride == 1 ? in : -1, conv1_.out_channels(), 3},
                         1, Activation::Relu)) {
  if (stride == 1) return;
  downsample_ = load_folded(weights, "downsample.0", "downsample.1", {conv2_.out_channels(), in, 1},
                            stride, Activation::None);
}

at::Tensor LoftrBlock::operator()(at::Tensor x) const {
  const at::Tensor y = conv1_(x);
  if (downsample_) x = (*downsample_)(x);
  return conv2_.plus_(y, std::move(x));
}

LoftrMerge::LoftrMerge(const ModuleWeights& backbone, int stage, std::int64_t lateral,
                       std::int64_t coarser)
    : lateral_(load_conv(backbone, layer(stage) + "_outconv", coarser, lateral, 1)) {
  const ModuleWeights inner = backbone / (layer(stage) + "_outconv2");
  first_ = load_folded(inner, "0", "1", {-1, coarser, 3}, 1, Activation::LeakyRelu);
  second_ = load_conv(inner, "3", lateral, first_.out_channels(), 3);
  first_inside_ = first_.with_padding({0, 0});
  second_inside_ = second_.with_padding({0, 0});
}

at::Tensor LoftrMerge::band(const at::Tensor& lateral, const at::Tensor& coarser,
                            std::int64_t first, std::int64_t last) const {
  const at::Tensor up = upsample_rows(coarser, first, last);
  return second_(first_(lateral_.plus_(lateral.narrow(2, first, last - first), up)));
}

// Each 3x3 convolution reads one more row on each side, so a band is computed with two extra rows
// on each side; of these, only rows at the map's own border are correct.
at::Tensor LoftrMerge::dense(const at::Tensor& lateral, const at::Tensor& coarser,
                             std::size_t band_bytes) const {
  constexpr std::int64_t kHalo = 2;
  const std::int64_t height = lateral.size(2), width = lateral.size(3);
  const std::int64_t row_bytes =
      lateral.size(0) * width * (2 * inner_channels() + out_channels()) * at::elementSize(type());
  const std::int64_t rows = std::max<std::int64_t>(
      8, static_cast<std::int64_t>(band_bytes) / std::max<std::int64_t>(1, row_bytes) - 2 * kHalo);
  if (rows >= height) return band(lateral, coarser, 0, height);
  at::Tensor out = at::empty({lateral.size(0), out_channels(), height, width},
                             lateral.options().memory_format(kPixelMajor));
  for (std::int64_t first = 0; first < height; first += rows) {
    end_if_stopped();
    const std::int64_t last = std::min(height, first + rows);
    const std::int64_t above = std::max<std::int64_t>(0, first - kHalo);
    const std::int64_t below = std::min(height, last + kHalo);
    const at::Tensor made = band(lateral, coarser, above, below);
    out.narrow(2, first, last - first).copy_(made.narrow(2, first - above, last - first));
  }
  return out;
}

at::Tensor LoftrMerge::windows(const at::Tensor& lateral, const at::Tensor& coarser,
                               const std::vector<std::int64_t>& rows,
                               const std::vector<std::int64_t>& columns, std::int64_t side) const {
  const std::int64_t wide = side + 4;
  const at::Tensor up = upsample_windows(coarser, rows, columns, wide);
  const at::Tensor below = gather_windows(lateral, rows, columns, wide);
  return second_inside_(first_inside_(lateral_.plus_(below, up)));
}

double LoftrMerge::dense_cost() const {
  const double in = inner_channels(), out = out_channels();
  return out * in + 9 * in * in + 9 * in * out;
}

double LoftrMerge::window_cost(std::int64_t side) const {
  const double in = inner_channels(), out = out_channels();
  const auto area = [](std::int64_t s) { return static_cast<double>(s * s); };
  return area(side + 4) * out * in + area(side + 2) * 9 * in * in + area(side) * 9 * in * out;
}

LoftrBackbone::LoftrBackbone(const ModuleWeights& weights, const LoftrConfig& config)
    : stem_(load_folded(weights, "conv1", "bn1", {-1, 1, 7}, 2, Activation::Relu)) {
  std::int64_t width = stem_.out_channels();
  for (int stage = 1; stage <= config.stages; stage++) {
    const ModuleWeights inner = weights / layer(stage);
    for (int block = 0; block < 2; block++) {
      const std::int64_t stride = stage > 1 && block == 0 ? 2 : 1;
      blocks_.emplace_back(inner / std::to_string(block), width, stride);
      width = blocks_.back().out_channels();
    }
  }
  coarse_ = load_conv(weights, layer(config.stages) + "_outconv", width, width, 1);
  fine_block_ = 2 * static_cast<std::size_t>(config.stages - 3) + 1;
  if (!config.has_fine()) return;
  middle_.emplace(weights, config.stages - 1, middle_channels(), width);
  fine_.emplace(weights, config.stages - 2, fine_channels(), middle_channels());
}

LoftrBackbone::Maps LoftrBackbone::operator()(const at::Tensor& image) const {
  Maps maps;
  at::Tensor x = stem_(image);
  for (std::size_t i = 0; i < blocks_.size(); i++) {
    end_if_stopped();
    x = blocks_[i](std::move(x));
    if (middle_ && i == fine_block_) maps.fine_lateral = x;
    if (middle_ && i == fine_block_ + 2) maps.middle_lateral = x;
  }
  maps.coarse = coarse_(x);
  return maps;
}

}  // namespace gsttorch
