// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <span>

namespace gsttorch {

/// Rows of float32 numbers in memory: a token each, `step` numbers apart.
struct TokenRows {
  const float* data;
  std::int64_t step;
};

/// A matrix of weights [out, in] as the kernels read it: panels of kPanel columns, each float32
/// [in, kPanel], or bfloat16 [in / 2, kPanel, 2].
constexpr std::int64_t kPanel = 32;

/// What a product of tokens with weights is made of.
struct TokenProduct {
  TokenRows x;
  std::int64_t in;
  const void* weights;
};

/// y[r] = x[r] W^T, and where `other` is given + x'[r] W'^T; then ReLU if asked. y is dense
/// [rows, out]; out is a multiple of kPanel.
using TokenMultiply = void (*)(const TokenProduct& product, const TokenProduct* other,
                               std::int64_t rows, std::int64_t out, bool relu, float* y);

/// The loops that take a transformer's time on the CPU, for one thread, in vectors of the widest
/// kind that the CPU has. No function allocates. Thread-safe.
struct TokenKernels {
  TokenMultiply multiply;  // by float32 weights

  /// y[r] = norm(x[r]) gain + bias, and where `other` is given + other[r]; all dense. `channels` is
  /// a multiple of 16. y may be x or `other`.
  void (*normalize)(const float* x, std::int64_t rows, std::int64_t channels, const float* gain,
                    const float* bias, float epsilon, const float* other, float* y);

  // Linear attention of one head of `size` numbers (knows_head), phi(x) = elu(x) + 1.

  /// sums [size + 1, size] += phi(k[s])^T v[s], and in its last row += phi(k[s]), over `count`
  /// tokens.
  void (*summarize)(std::int64_t size, TokenRows key, TokenRows value, std::int64_t count,
                    float* sums);
  /// y[l] = phi(q[l]) KV / (phi(q[l]) . K + epsilon), of what `sums` holds of KV and K.
  void (*answer)(std::int64_t size, TokenRows query, std::int64_t count, const float* sums,
                 float epsilon, float* y, std::int64_t y_step);
};

constexpr bool knows_head(std::int64_t size) {
  return size == 4 || size == 8 || size == 16 || size == 32;
}

/// Those that the CPU can run, the fastest first: there is one at least.
std::span<const TokenKernels* const> all_token_kernels();
inline const TokenKernels& token_kernels() { return *all_token_kernels().front(); }

/// The product with bfloat16 weights, for which x is rounded to bfloat16 and whose sums are
/// float32: of at most kMostBf16Terms numbers, a multiple of 16. Null where the CPU has no
/// instructions for it.
constexpr std::int64_t kMostBf16Terms = 512;
TokenMultiply bf16_multiply();

}  // namespace gsttorch
