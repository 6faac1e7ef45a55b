// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/loftr/transformer.h"

#include <algorithm>
#include <string>
#include <utility>

#include <ATen/ATen.h>

#include "lib/nn/base/failure.h"
#include "lib/nn/base/stop_scope.h"
#include "lib/nn/ops/fused_epilogue.h"

namespace gsttorch {
namespace {

constexpr double kAttentionEpsilon = 1e-6;

TokenLayerWeights load_layer(const ModuleWeights& weights, std::int64_t channels,
                             const LoftrConfig& config) {
  const std::int64_t c = channels;
  const ModuleWeights norm1 = weights / "norm1", norm2 = weights / "norm2";
  TokenLayerWeights layer;
  layer.query = weights.take("q_proj.weight", {c, c});
  layer.key = weights.take("k_proj.weight", {c, c});
  layer.value = weights.take("v_proj.weight", {c, c});
  layer.merge = weights.take("merge.weight", {c, c});
  layer.mlp_in = weights.take("mlp.0.weight", {2 * c, 2 * c});
  layer.mlp_out = weights.take("mlp.2.weight", {c, 2 * c});
  layer.gain1 = norm1.take("weight", {c});
  layer.bias1 = norm1.take("bias", {c});
  layer.gain2 = norm2.take("weight", {c});
  layer.bias2 = norm2.take("bias", {c});
  layer.heads = config.heads;
  layer.norm_epsilon = config.norm_epsilon;
  return layer;
}

// [B, C, h, w] -> [B, h w, C], and back; a view if the map is channels-last.
at::Tensor tokens_of(const at::Tensor& map) {
  return map.permute({0, 2, 3, 1}).reshape({map.size(0), -1, map.size(1)}).contiguous();
}
at::Tensor map_of(const at::Tensor& tokens, const at::Tensor& like) {
  return tokens.view({like.size(0), like.size(2), like.size(3), like.size(1)})
      .permute({0, 3, 1, 2});
}

at::Tensor product(const at::Tensor& tokens, const at::Tensor& weight) {
  return at::matmul(tokens, weight.t());
}

// k^T v. A small result summed over thousands of tokens is slow on a GPU, because only few of its
// cores work on it: so the tokens are split into shares, whose results are added.
at::Tensor product_over_tokens(const at::Tensor& k, const at::Tensor& v) {
  constexpr std::int64_t kFewTokens = 256;
  std::int64_t shares = 1;
  while (k.is_cuda() && k.size(2) % (2 * shares) == 0 && k.size(2) / shares > kFewTokens) {
    shares *= 2;
  }
  if (shares == 1) return at::matmul(k.transpose(-1, -2), v);
  const auto shared = [&](const at::Tensor& x) {  // [B, heads, shares, tokens, D]
    return x.unflatten(2, {shares, x.size(2) / shares});
  };
  return at::matmul(shared(k).transpose(-1, -2), shared(v)).sum(2);
}

at::Tensor attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                     std::int64_t heads) {
  const auto split = [heads](const at::Tensor& x) {  // [B, heads, tokens, C / heads]
    return x.unflatten(2, {heads, x.size(2) / heads}).transpose(1, 2);
  };
  const auto positive = [](const at::Tensor& x) { return at::elu(x) + 1; };
  const at::Tensor q = positive(split(query)), k = positive(split(key));
  const at::Tensor sums = product_over_tokens(k, split(value));              // [B, heads, D, D]
  const at::Tensor total = at::matmul(q, k.sum(2, true).transpose(-1, -2));  // [B, heads, L, 1]
  return (at::matmul(q, sums) / (total + kAttentionEpsilon)).transpose(1, 2).flatten(2);
}

// Layer normalisation, plus `added` if that is defined.
at::Tensor normalized(const at::Tensor& x, const at::Tensor& gain, const at::Tensor& bias,
                      double epsilon, const at::Tensor& added = {}) {
  if (at::Tensor y = row_norm_on_gpu(x, gain, bias, epsilon, added); y.defined()) return y;
  const at::Tensor centred = x - x.mean(-1, true);
  const at::Tensor y = centred * (centred.square().mean(-1, true) + epsilon).rsqrt() * gain + bias;
  return added.defined() ? added + y : y;
}

}  // namespace

LoftrTransformer::LoftrTransformer(const ModuleWeights& weights, std::int64_t channels, int layers,
                                   const LoftrConfig& config) {
  if (channels % config.heads != 0) {
    throw Failure(ErrorCode::WrongArchitecture, "layers.0.q_proj.weight has " +
                                                    std::to_string(channels) +
                                                    " channels, which is not a multiple of " +
                                                    std::to_string(config.heads) + " heads");
  }
  for (int i = 0; i < layers; i++) {
    weights_.push_back(load_layer(weights / "layers" / std::to_string(i), channels, config));
  }
  if (!std::all_of(weights_.begin(), weights_.end(), TokenLayer::fits)) return;
  for (const TokenLayerWeights& layer : weights_) {
    layers_.emplace_back(layer, weights.compute_type());
  }
}

bool LoftrTransformer::is_fast(const at::Tensor& x) const {
  return !layers_.empty() && x.is_cpu() && x.scalar_type() == at::kFloat;
}

at::Tensor LoftrTransformer::layer(std::size_t index, const at::Tensor& x,
                                   const at::Tensor& source) const {
  if (!is_fast(x)) return plain_layer(index, x, source);
  return map_of(layers_[index](tokens_of(x), tokens_of(source)), x);
}

at::Tensor LoftrTransformer::plain_layer(std::size_t index, const at::Tensor& x,
                                         const at::Tensor& source) const {
  const TokenLayerWeights& w = weights_[index];
  const at::Tensor tokens = tokens_of(x), seen = tokens_of(source);
  const at::Tensor message =
      attention(product(tokens, w.query), product(seen, w.key), product(seen, w.value), w.heads);
  const at::Tensor merged = normalized(product(message, w.merge), w.gain1, w.bias1, w.norm_epsilon);
  at::Tensor hidden = product(at::cat({tokens, merged}, 2), w.mlp_in);
  at::relu_(hidden);
  const at::Tensor out = product(hidden, w.mlp_out);
  return map_of(normalized(out, w.gain2, w.bias2, w.norm_epsilon, tokens), x);
}

LoftrTransformer::Pair LoftrTransformer::both(std::size_t index, Pair pair) const {
  const bool is_cross = index % 2 == 1;  // the second side attends to the updated first side
  end_if_stopped();
  pair.x0 = layer(index, pair.x0, is_cross ? pair.x1 : pair.x0);
  end_if_stopped();
  pair.x1 = layer(index, pair.x1, is_cross ? pair.x0 : pair.x1);
  return pair;
}

LoftrTransformer::Pair LoftrTransformer::rest(Pair pair) const {
  for (std::size_t i = 1; i < weights_.size(); i++) pair = both(i, std::move(pair));
  return pair;
}

LoftrTransformer::Pair LoftrTransformer::on_windows(Pair windows) const {
  if (!is_fast(windows.x0)) return rest(both(0, std::move(windows)));
  at::Tensor x0 = tokens_of(windows.x0), x1 = tokens_of(windows.x1);
  TokenLayer::run_on_windows(layers_, x0, x1);
  return {map_of(x0, windows.x0), map_of(x1, windows.x1)};
}

}  // namespace gsttorch
