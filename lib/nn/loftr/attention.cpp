// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/loftr/attention.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "lib/nn/ops/cpu_dispatch.h"
#include "lib/nn/ops/fast_exp.h"

namespace gsttorch {
namespace {

constexpr float kAttentionEpsilon = 1e-6f;
constexpr std::int64_t kLargestHead = 64;

// The tokens of one head of one picture: `count` runs of numbers, `step` apart.
struct Tokens {
  const float* data;
  std::int64_t count;
  std::int64_t step;
};

[[gnu::always_inline]] inline float phi(float x) {
  return std::max(x, 0.f) + fast_exp(std::min(x, 0.f));
}

// sums [D + 1, D]: sum of phi(k) v^T, and in the last row the sum of phi(k).
template <int D>
[[gnu::always_inline]] inline void summarize(Tokens key, const float* value, std::int64_t step,
                                             float* sums) {
  std::fill_n(sums, (D + 1) * D, 0.f);
  for (std::int64_t s = 0; s < key.count; s++) {
    float k[D];
    for (int i = 0; i < D; i++) k[i] = phi(key.data[s * key.step + i]);
    const float* v = value + s * step;
    for (int i = 0; i < D; i++) {
      for (int j = 0; j < D; j++) sums[i * D + j] += k[i] * v[j];
    }
    for (int i = 0; i < D; i++) sums[D * D + i] += k[i];
  }
}

template <int D>
[[gnu::always_inline]] inline void answer(Tokens query, const float* sums, std::int64_t step,
                                          float* out) {
  for (std::int64_t l = 0; l < query.count; l++) {
    float q[D], sum[D] = {};
    for (int i = 0; i < D; i++) q[i] = phi(query.data[l * query.step + i]);
    for (int i = 0; i < D; i++) {
      for (int j = 0; j < D; j++) sum[j] += q[i] * sums[i * D + j];
    }
    for (int i = 0; i < D; i++) q[i] *= sums[D * D + i];
    for (int n = D / 2; n > 0; n /= 2) {  // halves are added: a sum without a chain of D additions
      for (int i = 0; i < n; i++) q[i] += q[i + n];
    }
    const float scale = 1 / (q[0] + kAttentionEpsilon);
    for (int j = 0; j < D; j++) out[l * step + j] = sum[j] * scale;
  }
}

using Head = void (*)(Tokens query, Tokens key, const float* value, std::int64_t value_step,
                      std::int64_t out_step, float* out);

// A loop of constant length is one that the compiler turns into registers.
#define GSTTORCH_ATTENTION_HEAD(D)                                                                \
  GSTTORCH_CPU_CLONES void head_##D(Tokens query, Tokens key, const float* value,                 \
                                    std::int64_t value_step, std::int64_t out_step, float* out) { \
    float sums[(D + 1) * D];                                                                      \
    summarize<D>(key, value, value_step, sums);                                                   \
    answer<D>(query, sums, out_step, out);                                                        \
  }
GSTTORCH_ATTENTION_HEAD(4)
GSTTORCH_ATTENTION_HEAD(8)
GSTTORCH_ATTENTION_HEAD(16)
GSTTORCH_ATTENTION_HEAD(32)
#undef GSTTORCH_ATTENTION_HEAD

Head head_of_size(std::int64_t size) {
  switch (size) {
    case 4:
      return head_4;
    case 8:
      return head_8;
    case 16:
      return head_16;
    case 32:
      return head_32;
    default:
      return nullptr;
  }
}

// Pixels of one picture follow each other at one distance: channels-last, or a slice of channels of
// such a map.
bool has_pixel_rows(const at::Tensor& x) {
  return x.is_cpu() && x.scalar_type() == at::kFloat && x.stride(1) == 1 &&
         x.stride(2) == x.size(3) * x.stride(3);
}

at::Tensor attend_anywhere(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                           std::int64_t heads) {
  const auto split = [heads](const at::Tensor& x) {  // [B, heads, C / heads, tokens]
    return x.flatten(2).unflatten(1, {heads, x.size(1) / heads});
  };
  const auto positive = [](const at::Tensor& x) { return at::elu(x) + 1; };
  const at::Tensor q = positive(split(query)), k = positive(split(key)), v = split(value);
  const at::Tensor sums = at::matmul(v, k.transpose(-1, -2));                 // [B, heads, D, D]
  const at::Tensor total = at::matmul(k.sum(-1, true).transpose(-1, -2), q);  // [B, heads, 1, L]
  return (at::matmul(sums, q) / (total + kAttentionEpsilon))
      .reshape(query.sizes())
      .contiguous(at::MemoryFormat::ChannelsLast);
}

// Sixteen sums at once: the compiler may not reorder one.
template <typename Term>
[[gnu::always_inline]] inline float sum_of(std::int64_t count, Term term) {
  constexpr int kLanes = 16;
  float part[kLanes] = {};
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int lane = 0; lane < kLanes; lane++) part[lane] += term(i + lane);
  }
  for (; i < count; i++) part[0] += term(i);
  for (int n = kLanes / 2; n > 0; n /= 2) {
    for (int lane = 0; lane < n; lane++) part[lane] += part[lane + n];
  }
  return part[0];
}

GSTTORCH_CPU_CLONES
void normalize_rows(float* x, std::int64_t rows, std::int64_t channels, const float* gain,
                    const float* bias, float epsilon, const float* other) {
  for (std::int64_t r = 0; r < rows; r++, x += channels) {
    const float mean =
        sum_of(channels, [x] [[gnu::always_inline]] (std::int64_t c) { return x[c]; }) / channels;
    const float square = sum_of(channels, [x, mean] [[gnu::always_inline]] (std::int64_t c) {
      return (x[c] - mean) * (x[c] - mean);
    });
    const float scale = 1 / std::sqrt(square / channels + epsilon);
    if (other) {
      for (std::int64_t c = 0; c < channels; c++) {
        x[c] = (x[c] - mean) * scale * gain[c] + bias[c] + other[c];
      }
      other += channels;
    } else {
      for (std::int64_t c = 0; c < channels; c++) {
        x[c] = (x[c] - mean) * scale * gain[c] + bias[c];
      }
    }
  }
}

void normalize(at::Tensor& x, const at::Tensor& gain, const at::Tensor& bias, double epsilon,
               const at::Tensor* other) {
  const bool is_fast = x.is_cpu() && x.scalar_type() == at::kFloat &&
                       x.is_contiguous(at::MemoryFormat::ChannelsLast) &&
                       (!other || other->is_contiguous(at::MemoryFormat::ChannelsLast));
  const std::int64_t channels = x.size(1);
  if (!is_fast) {
    const at::Tensor centred = x - x.mean(1, true);
    const at::Tensor scale = (centred.square().mean(1, true) + epsilon).rsqrt();
    x = centred * scale * gain.view({channels, 1, 1}) + bias.view({channels, 1, 1});
    if (other) x = x + *other;
    return;
  }
  float* data = x.data_ptr<float>();
  const float* added = other ? other->const_data_ptr<float>() : nullptr;
  const float* g = gain.const_data_ptr<float>();
  const float* b = bias.const_data_ptr<float>();
  at::parallel_for(
      0, x.numel() / channels, 16384 / channels + 1, [&](std::int64_t begin, std::int64_t end) {
        normalize_rows(data + begin * channels, end - begin, channels, g, b,
                       static_cast<float>(epsilon), added ? added + begin * channels : nullptr);
      });
}

}  // namespace

at::Tensor linear_attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                            std::int64_t heads) {
  const std::int64_t channels = query.size(1);
  const Head head = head_of_size(channels / heads);
  if (!head || !has_pixel_rows(query) || !has_pixel_rows(key) || !has_pixel_rows(value)) {
    return attend_anywhere(query, key, value, heads);
  }
  at::Tensor out = at::empty({query.size(0), channels, query.size(2), query.size(3)},
                             query.options().memory_format(at::MemoryFormat::ChannelsLast));
  const std::int64_t size = channels / heads;
  const std::int64_t queries = query.size(2) * query.size(3), keys = key.size(2) * key.size(3);
  const float* q = query.const_data_ptr<float>();
  const float* k = key.const_data_ptr<float>();
  const float* v = value.const_data_ptr<float>();
  float* to = out.data_ptr<float>();
  const std::int64_t grain = std::max<std::int64_t>(1, 512 / (queries + keys));
  at::parallel_for(0, query.size(0) * heads, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; i++) {
      const std::int64_t b = i / heads, first = i % heads * size;
      head({q + b * query.stride(0) + first, queries, query.stride(3)},
           {k + b * key.stride(0) + first, keys, key.stride(3)}, v + b * value.stride(0) + first,
           value.stride(3), channels, to + b * queries * channels + first);
    }
  });
  return out;
}

void layer_norm_(at::Tensor& x, const at::Tensor& gain, const at::Tensor& bias, double epsilon) {
  normalize(x, gain, bias, epsilon, nullptr);
}

void layer_norm_plus_(at::Tensor& x, const at::Tensor& gain, const at::Tensor& bias, double epsilon,
                      const at::Tensor& other) {
  normalize(x, gain, bias, epsilon, &other);
}

}  // namespace gsttorch
