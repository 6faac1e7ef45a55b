// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "lib/nn/ops/token_kernels.h"

namespace gsttorch {

/// The weights of one transformer layer with linear attention (Katharopoulos et al., ICML 2020): x
/// + norm2(mlp([x, norm1(merge(attention(x, source)))])).
struct TokenLayerWeights {
  at::Tensor query, key, value, merge;  // [C, C]
  at::Tensor mlp_in;                    // [2C, 2C]: for x and for the message; followed by a ReLU
  at::Tensor mlp_out;                   // [C, 2C]
  at::Tensor gain1, bias1, gain2, bias2;
  std::int64_t heads = 1;
  double norm_epsilon = 1e-5;
};

/// Such a layer on the CPU. It runs all steps on a few tokens at a time, so that intermediate data
/// stays in the CPU's L2 cache; it allocates no tensor except the result. Reentrant.
class TokenLayer {
 public:
  /// Whether the class supports a layer: float32 on the CPU, with widths that the kernels support.
  static bool fits(const TokenLayerWeights& weights);
  /// `type` is the data type of the products with weights: float32, or bfloat16 if the CPU supports
  /// it. Everything else, including input and output, is float32.
  explicit TokenLayer(const TokenLayerWeights& weights, at::ScalarType type = at::kFloat);

  /// x [B, L, C], source [B, S, C], dense -> [B, L, C]
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& source) const;

  /// Alternating self- and cross-attention over pairs of small sets of tokens (windows), [M, L, C]
  /// each. Each pair passes through all layers before the next pair starts. In place.
  static void run_on_windows(std::span<const TokenLayer> layers, at::Tensor& x0, at::Tensor& x1);

  std::int64_t channels() const { return channels_; }

 private:
  class Scratch;
  class Scratches;

  // A product of x [rows, in] with some columns of weights.
  struct Part {
    const at::Tensor& packed;
    std::int64_t first_column, in;
  };
  TokenProduct product(const float* x, const Part& part) const;
  std::int64_t sums_size() const;
  void accumulate(const float* source, std::int64_t tokens, const Scratch& scratch,
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
