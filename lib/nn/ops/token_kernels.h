// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <span>

namespace gsttorch {

/// Rows of float32 in memory: one row per token, `step` floats apart.
struct TokenRows {
  const float* data;
  std::int64_t step;
};

/// Layout of a weight matrix [out, in] for the kernels: panels of kPanel columns, each float32 [in,
/// kPanel], or bfloat16 [in / 2, kPanel, 2].
constexpr std::int64_t kPanel = 32;

/// The operands of a product of tokens with weights.
struct TokenProduct {
  TokenRows x;
  std::int64_t in;
  const void* weights;
};

/// y[r] = x[r] W^T, plus x'[r] W'^T if `other` is given; then a ReLU if requested. y is dense
/// [rows, out]; out is a multiple of kPanel.
using TokenMultiply = void (*)(const TokenProduct& product, const TokenProduct* other,
                               std::int64_t rows, std::int64_t out, bool relu, float* y);

/// The loops that dominate a transformer's time on the CPU: single-threaded, with the widest
/// vectors that the CPU supports. They do not allocate. Thread-safe.
struct TokenKernels {
  TokenMultiply multiply;  // with float32 weights

  /// y[r] = norm(x[r]) gain + bias, plus other[r] if `other` is given; all dense. `channels` is a
  /// multiple of 16. y may be x or `other`.
  void (*normalize)(const float* x, std::int64_t rows, std::int64_t channels, const float* gain,
                    const float* bias, float epsilon, const float* other, float* y);

  // Linear attention of one head of `size` channels (see knows_head), phi(x) = elu(x) + 1.

  /// Accumulates keys and values over `count` tokens: sums [size + 1, size] += phi(k[s])^T v[s],
  /// and its last row += phi(k[s]).
  void (*accumulate)(std::int64_t size, TokenRows key, TokenRows value, std::int64_t count,
                     float* sums);
  /// Attends: y[l] = phi(q[l]) KV / (phi(q[l]) . K + epsilon), with KV and K from `sums`.
  void (*attend)(std::int64_t size, TokenRows query, std::int64_t count, const float* sums,
                 float epsilon, float* y, std::int64_t y_step);
};

constexpr bool knows_head(std::int64_t size) {
  return size == 4 || size == 8 || size == 16 || size == 32;
}

/// The kernels that this CPU can run, the fastest first; at least one.
std::span<const TokenKernels* const> all_token_kernels();
inline const TokenKernels& token_kernels() { return *all_token_kernels().front(); }

/// The product with bfloat16 weights: x is rounded to bfloat16, sums are float32. The number of
/// terms is a multiple of 16, at most kMostBf16Terms. Null if the CPU lacks the instructions.
constexpr std::int64_t kMostBf16Terms = 512;
TokenMultiply bf16_multiply();

}  // namespace gsttorch
