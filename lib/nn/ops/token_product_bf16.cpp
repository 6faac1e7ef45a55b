// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
//
// The product of token_kernels.h in bfloat16, for CPUs with AVX512_BF16.
#include "lib/nn/ops/token_kernels.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)

#include <cstring>

#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4,avx512bf16")
#include <immintrin.h>

namespace gsttorch {
namespace {

constexpr int kTileRows = 12;    // with two accumulators of 16 columns each: most of the registers
constexpr int kChunkRows = 48;   // converted at once
constexpr int kPairColumns = 2;  // of x; one instruction multiplies and adds them

// x as pairs of bfloat16, dense.
struct Pairs {
  alignas(64) std::int16_t numbers[kChunkRows * kMostBf16Terms];

  void convert(const TokenProduct& a, std::int64_t first, std::int64_t rows) {
    for (std::int64_t r = 0; r < rows; r++) {
      const float* from = a.x.data + (first + r) * a.x.step;
      std::int16_t* to = numbers + r * a.in;
      for (std::int64_t k = 0; k < a.in; k += 16) {
        const __m256bh some = _mm512_cvtneps_pbh(_mm512_loadu_ps(from + k));
        std::memcpy(to + k, &some, sizeof(some));
      }
    }
  }
};

template <int R>
[[gnu::always_inline]] inline void add_product(const TokenProduct& a, const Pairs& pairs,
                                               std::int64_t row, std::int64_t panel,
                                               __m512 (&sum)[R][2]) {
  const std::int16_t* x = pairs.numbers + row * a.in;
  const auto* w = static_cast<const std::int16_t*>(a.weights) + panel * kPanel * a.in;
  for (std::int64_t k = 0; k < a.in; k += kPairColumns, w += kPairColumns * kPanel) {
    __m512bh first, second;
    std::memcpy(&first, w, sizeof(first));
    std::memcpy(&second, w + kPanel, sizeof(second));
#pragma GCC unroll 16
    for (int r = 0; r < R; r++) {
      std::int32_t pair;
      std::memcpy(&pair, x + r * a.in + k, sizeof(pair));
      const auto everywhere = reinterpret_cast<__m512bh>(_mm512_set1_epi32(pair));
      sum[r][0] = _mm512_dpbf16_ps(sum[r][0], everywhere, first);
      sum[r][1] = _mm512_dpbf16_ps(sum[r][1], everywhere, second);
    }
  }
}

struct Both {
  const TokenProduct& product;
  const TokenProduct* other;
  const Pairs& pairs;
  const Pairs& other_pairs;
};

template <int R>
void multiply_tile(const Both& of, std::int64_t row, std::int64_t panel, bool relu, float* y,
                   std::int64_t out) {
  __m512 sum[R][2] = {};
  add_product<R>(of.product, of.pairs, row, panel, sum);
  if (of.other) add_product<R>(*of.other, of.other_pairs, row, panel, sum);
  const __m512 zero = {};
  float* to = y + row * out + panel * kPanel;
#pragma GCC unroll 16
  for (int r = 0; r < R; r++, to += out) {
    _mm512_storeu_ps(to, relu ? (sum[r][0] > zero ? sum[r][0] : zero) : sum[r][0]);
    _mm512_storeu_ps(to + 16, relu ? (sum[r][1] > zero ? sum[r][1] : zero) : sum[r][1]);
  }
}

void multiply(const TokenProduct& product, const TokenProduct* other, std::int64_t rows,
              std::int64_t out, bool relu, float* y) {
  Pairs pairs, other_pairs;  // uninitialized on purpose
  for (std::int64_t begin = 0; begin < rows; begin += kChunkRows, y += kChunkRows * out) {
    const std::int64_t count = rows - begin < kChunkRows ? rows - begin : kChunkRows;
    pairs.convert(product, begin, count);
    if (other) other_pairs.convert(*other, begin, count);
    const Both of = {product, other, pairs, other_pairs};
    for (std::int64_t panel = 0; panel < out / kPanel; panel++) {
      std::int64_t r = 0;
      for (; r + kTileRows <= count; r += kTileRows) {
        multiply_tile<kTileRows>(of, r, panel, relu, y, out);
      }
      for (; r + 4 <= count; r += 4) multiply_tile<4>(of, r, panel, relu, y, out);
      for (; r < count; r++) multiply_tile<1>(of, r, panel, relu, y, out);
    }
  }
}

}  // namespace
}  // namespace gsttorch
#pragma GCC pop_options

namespace gsttorch {
TokenMultiply bf16_multiply() {
  return __builtin_cpu_supports("x86-64-v4") && __builtin_cpu_supports("avx512bf16") ? multiply
                                                                                     : nullptr;
}
}  // namespace gsttorch

#else

namespace gsttorch {
TokenMultiply bf16_multiply() { return nullptr; }
}  // namespace gsttorch

#endif
