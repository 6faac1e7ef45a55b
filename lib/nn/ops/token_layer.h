// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "lib/nn/ops/token_kernels.h"

namespace gsttorch {

/// The numbers of one layer of a transformer with linear attention (Katharopoulos et al., ICML
/// 2020): x + norm2(mlp([x, norm1(merge(attention(x, source)))])).
struct TokenLayerWeights {
  at::Tensor query, key, value, merge;  // [C, C]
  at::Tensor mlp_in;                    // [2C, 2C]: of x and of the message; a ReLU follows
  at::Tensor mlp_out;                   // [C, 2C]
  at::Tensor gain1, bias1, gain2, bias2;
  std::int64_t heads = 1;
  double norm_epsilon = 1e-5;
};

/// Such a layer on the CPU, all of it a few tokens at a time, so that what lies between its steps
/// stays in the CPU's second cache: no tensor is made but the result. Reentrant.
class TokenLayer {
 public:
  /// Whether it can be had for a layer: float32 on the CPU, in widths that the kernels know.
  static bool fits(const TokenLayerWeights& weights);
  /// `type` is what the products with weights compute in: float32, or bfloat16 where the CPU
  /// has it. All else, and what goes in and out, is float32.
  explicit TokenLayer(const TokenLayerWeights& weights, at::ScalarType type = at::kFloat);

  /// x [B, L, C], source [B, S, C], dense -> [B, L, C]
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& source) const;

  /// Self- and cross-attention in turn over pairs of small sets of tokens (windows), [M, L, C]
  /// each: each pair goes through all layers before the next one is touched. In place.
  static void run_on_windows(std::span<const TokenLayer> layers, at::Tensor& x0, at::Tensor& x1);

  std::int64_t channels() const { return channels_; }

 private:
  class Scratch;
  class Scratches;

  // x [rows, in] times columns of weights.
  struct Part {
    const at::Tensor& packed;
    std::int64_t first_column, in;
  };
  TokenProduct product(const float* x, const Part& part) const;
  std::int64_t sums_size() const;
  void summarize(const float* source, std::int64_t tokens, const Scratch& scratch,
                 float* sums) const;
  void update(const float* x, const float* sums, std::int64_t tokens, const Scratch& scratch,
              float* y) const;
  void attend_windows(float* x, const float* source, std::int64_t windows, std::int64_t tokens,
                      const Scratch& scratch) const;
  void finish(const float* x, std::int64_t tokens, const Scratch& scratch, float* y) const;

  std::int64_t channels_, heads_;
  float norm_epsilon_;
  TokenMultiply multiply_;
  at::Tensor query_key_value_, merge_, mlp_x_, mlp_message_, mlp_out_;  // in panels
  at::Tensor gain1_, bias1_, gain2_, bias2_;
};

}  // namespace gsttorch
