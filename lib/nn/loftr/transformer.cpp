// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/loftr/transformer.h"

#include <string>
#include <utility>

#include <ATen/ATen.h>

#include "lib/nn/failure.h"
#include "lib/nn/loftr/attention.h"

namespace gsttorch {
namespace {

Conv linear(const at::Tensor& weight, Activation activation = Activation::None) {
  return Conv(weight.unsqueeze(-1).unsqueeze(-1), {}, {}, activation);
}

}  // namespace

LoftrLayer::LoftrLayer(const ModuleWeights& weights, std::int64_t channels, std::int64_t heads,
                       double epsilon)
    : channels_(channels), heads_(heads), epsilon_(epsilon) {
  const std::int64_t c = channels;
  const at::Tensor q = weights.take("q_proj.weight", {c, c});
  const at::Tensor k = weights.take("k_proj.weight", {c, c});
  const at::Tensor v = weights.take("v_proj.weight", {c, c});
  query_key_value_ = linear(at::cat({q, k, v}));
  query_ = linear(q);
  key_value_ = linear(at::cat({k, v}));
  merge_ = linear(weights.take("merge.weight", {c, c}));
  const at::Tensor in = weights.take("mlp.0.weight", {2 * c, 2 * c});
  mlp_x_ = linear(in.narrow(1, 0, c));
  mlp_message_ = linear(in.narrow(1, c, c), Activation::Relu);
  mlp_out_ = linear(weights.take("mlp.2.weight", {c, 2 * c}));
  norm1_ = load_norm(weights, "norm1", c);
  norm2_ = load_norm(weights, "norm2", c);
}

LoftrLayer::Norm LoftrLayer::load_norm(const ModuleWeights& weights, const char* name,
                                       std::int64_t channels) const {
  const ModuleWeights norm = weights / name;
  return {norm.take("weight", {channels}), norm.take("bias", {channels})};
}

at::Tensor LoftrLayer::self(const at::Tensor& x) const {
  const at::Tensor all = query_key_value_(x);
  return update(x,
                linear_attention(all.narrow(1, 0, channels_), all.narrow(1, channels_, channels_),
                                 all.narrow(1, 2 * channels_, channels_), heads_));
}

at::Tensor LoftrLayer::cross(const at::Tensor& x, const at::Tensor& source) const {
  const at::Tensor seen = key_value_(source);
  return update(x, linear_attention(query_(x), seen.narrow(1, 0, channels_),
                                    seen.narrow(1, channels_, channels_), heads_));
}

at::Tensor LoftrLayer::update(const at::Tensor& x, const at::Tensor& message) const {
  at::Tensor m = merge_(message);
  layer_norm_(m, norm1_.gain, norm1_.bias, epsilon_);
  at::Tensor y = mlp_out_(mlp_message_.plus_(m, mlp_x_(x)));
  layer_norm_plus_(y, norm2_.gain, norm2_.bias, epsilon_, x);
  return y;
}

LoftrTransformer::LoftrTransformer(const ModuleWeights& weights, std::int64_t channels, int layers,
                                   const LoftrConfig& config) {
  if (channels % config.heads != 0) {
    throw Failure(ErrorCode::WrongArchitecture,
                  "layers.0.q_proj.weight has " + std::to_string(channels) + " channels, which " +
                      std::to_string(config.heads) + " heads cannot share");
  }
  for (int i = 0; i < layers; i++) {
    layers_.emplace_back(weights / "layers" / std::to_string(i), channels, config.heads,
                         config.norm_epsilon);
  }
}

// Both sides as one batch where they are of one size: half as many operations.
LoftrTransformer::Pair LoftrTransformer::self(const LoftrLayer& layer, const Pair& pair) {
  if (pair.x0.sizes() != pair.x1.sizes()) return {layer.self(pair.x0), layer.self(pair.x1)};
  const std::int64_t batch = pair.x0.size(0);
  const at::Tensor both = layer.self(at::cat({pair.x0, pair.x1}));
  return {both.narrow(0, 0, batch), both.narrow(0, batch, batch)};
}

LoftrTransformer::Pair LoftrTransformer::rest(Pair pair) const {
  for (std::size_t i = 1; i < layers_.size(); i++) {
    const bool is_cross = i % 2 == 1;
    if (is_cross) {  // the second side sees what the first has become
      pair.x0 = layers_[i].cross(pair.x0, pair.x1);
      pair.x1 = layers_[i].cross(pair.x1, pair.x0);
    } else {
      pair = self(layers_[i], pair);
    }
  }
  return pair;
}

}  // namespace gsttorch
