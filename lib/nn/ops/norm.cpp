// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/ops/norm.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <ATen/ATen.h>

#include "lib/nn/base/cpu_pool.h"
#include "lib/nn/ops/cpu_dispatch.h"
#include "lib/nn/ops/fused_epilogue.h"

namespace gsttorch {
namespace {

constexpr double kEpsilon = 1e-5;
constexpr std::int64_t kPixelsPerBlock = 256;  // float sums stay accurate enough within a block

// Each loop exists for float32 and for bfloat16, which is computed in float32.
template <typename Number>
[[gnu::always_inline]] inline void accumulate(const Number* x, std::int64_t pixels,
                                              std::int64_t channels, const float* shift, float* sum,
                                              float* square) {
  for (std::int64_t p = 0; p < pixels; p++, x += channels) {
    for (std::int64_t c = 0; c < channels; c++) {
      const float d = static_cast<float>(x[c]) - shift[c];
      sum[c] += d;
      square[c] += d * d;
    }
  }
}

template <typename Number>
[[gnu::always_inline]] inline void normalize(Number* x, std::int64_t pixels, std::int64_t channels,
                                             const float* scale, const float* offset, float floor) {
  for (std::int64_t p = 0; p < pixels; p++, x += channels) {
    for (std::int64_t c = 0; c < channels; c++) {
      const float y = static_cast<float>(x[c]) * scale[c] + offset[c];
      x[c] = static_cast<Number>(std::max(y, floor));
    }
  }
}

template <typename Number>
[[gnu::always_inline]] inline void add_relu(Number* y, const Number* x, std::int64_t count) {
  for (std::int64_t i = 0; i < count; i++) {
    y[i] = static_cast<Number>(std::max(static_cast<float>(y[i]) + static_cast<float>(x[i]), 0.f));
  }
}

// Adds sum(x - shift) and sum((x - shift)^2) per channel over `pixels` rows. The shift avoids
// cancellation in their difference when the mean is far from zero.
GSTTORCH_CPU_CLONES
void accumulate_block(const float* x, std::int64_t pixels, std::int64_t channels,
                      const float* shift, float* sum, float* square) {
  accumulate(x, pixels, channels, shift, sum, square);
}
GSTTORCH_CPU_CLONES
void accumulate_block(const c10::BFloat16* x, std::int64_t pixels, std::int64_t channels,
                      const float* shift, float* sum, float* square) {
  accumulate(x, pixels, channels, shift, sum, square);
}

GSTTORCH_CPU_CLONES
void normalize_block(float* x, std::int64_t pixels, std::int64_t channels, const float* scale,
                     const float* offset, float floor) {
  normalize(x, pixels, channels, scale, offset, floor);
}
GSTTORCH_CPU_CLONES
void normalize_block(c10::BFloat16* x, std::int64_t pixels, std::int64_t channels,
                     const float* scale, const float* offset, float floor) {
  normalize(x, pixels, channels, scale, offset, floor);
}

GSTTORCH_CPU_CLONES
void add_relu_block(float* y, const float* x, std::int64_t count) { add_relu(y, x, count); }
GSTTORCH_CPU_CLONES
void add_relu_block(c10::BFloat16* y, const c10::BFloat16* x, std::int64_t count) {
  add_relu(y, x, count);
}

struct Moments {
  explicit Moments(std::int64_t channels) : sum(channels), square(channels) {}
  template <typename T>
  void add(const std::vector<T>& more_sum, const std::vector<T>& more_square) {
    for (std::size_t c = 0; c < sum.size(); c++) {
      sum[c] += more_sum[c];
      square[c] += more_square[c];
    }
  }
  std::vector<double> sum, square;
};

// Moments of one image [pixels, channels]. Partial sums are added in a fixed order, whichever
// thread computed them, so that the same image always gives the same values.
template <typename Number>
Moments measure(const Number* x, const float* shift, std::int64_t pixels, std::int64_t channels) {
  constexpr std::int64_t kPixelsPerPart = 4 * kPixelsPerBlock;
  const std::int64_t count = (pixels + kPixelsPerPart - 1) / kPixelsPerPart;
  std::vector<Moments> parts(count, Moments(channels));
  parallel_for(count, 1, [&](std::int64_t first, std::int64_t last) {
    std::vector<float> sum(channels), square(channels);
    for (std::int64_t i = first; i < last; i++) {
      const std::int64_t end = std::min(pixels, (i + 1) * kPixelsPerPart);
      for (std::int64_t p = i * kPixelsPerPart; p < end; p += kPixelsPerBlock) {
        std::fill(sum.begin(), sum.end(), 0.f);
        std::fill(square.begin(), square.end(), 0.f);
        accumulate_block(x + p * channels, std::min(kPixelsPerBlock, end - p), channels, shift,
                         sum.data(), square.data());
        parts[i].add(sum, square);
      }
    }
  });
  Moments total(channels);
  for (const Moments& part : parts) total.add(part.sum, part.square);
  return total;
}

template <typename Number>
void instance_norm_image(Number* x, std::int64_t pixels, std::int64_t channels, bool relu) {
  const std::vector<float> shift(x, x + channels);
  const Moments m = measure(x, shift.data(), pixels, channels);
  std::vector<float> scale(channels), offset(channels);
  for (std::int64_t c = 0; c < channels; c++) {
    const double shifted_mean = m.sum[c] / pixels;
    const double variance = std::max(0., m.square[c] / pixels - shifted_mean * shifted_mean);
    const double inverse = 1 / std::sqrt(variance + kEpsilon);
    scale[c] = static_cast<float>(inverse);
    offset[c] = static_cast<float>(-(shift[c] + shifted_mean) * inverse);
  }
  const float floor = relu ? 0.f : -INFINITY;
  parallel_for(pixels, 2048, [&](std::int64_t begin, std::int64_t end) {
    normalize_block(x + begin * channels, end - begin, channels, scale.data(), offset.data(),
                    floor);
  });
}

bool is_dense_cpu(const at::Tensor& x) {
  return x.is_cpu() && x.is_contiguous(at::MemoryFormat::ChannelsLast) &&
         (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16);
}

template <typename Number>
void instance_norm_images(at::Tensor& x, bool relu) {
  const std::int64_t pixels = x.size(2) * x.size(3), channels = x.size(1);
  for (std::int64_t b = 0; b < x.size(0); b++) {
    instance_norm_image(x.data_ptr<Number>() + b * pixels * channels, pixels, channels, relu);
  }
}

template <typename Number>
void add_relu_all(at::Tensor& y, const at::Tensor& x) {
  auto* out = y.data_ptr<Number>();
  const auto* in = x.const_data_ptr<Number>();
  parallel_for(y.numel(), 65536, [&](std::int64_t begin, std::int64_t end) {
    add_relu_block(out + begin, in + begin, end - begin);
  });
}

}  // namespace

void instance_norm_(at::Tensor& x, bool relu) {
  if (instance_norm_on_gpu(x, kEpsilon, relu)) return;
  if (!is_dense_cpu(x)) {
    const at::Tensor wide = x.to(at::kFloat);  // sums of squares exceed half's range
    const at::Tensor centred = wide - wide.mean({2, 3}, true);
    x = (centred * (centred.square().mean({2, 3}, true) + kEpsilon).rsqrt()).to(x.scalar_type());
    if (relu) at::relu_(x);
  } else if (x.scalar_type() == at::kFloat) {
    instance_norm_images<float>(x, relu);
  } else {
    instance_norm_images<c10::BFloat16>(x, relu);
  }
}

void add_relu_(at::Tensor& y, const at::Tensor& x) {
  if (add_bias_on_gpu(y, {}, x, EpilogueActivation::Relu)) return;
  if (!is_dense_cpu(y) || !is_dense_cpu(x) || y.scalar_type() != x.scalar_type()) {
    y = at::relu_(y.add_(x));
  } else if (y.scalar_type() == at::kFloat) {
    add_relu_all<float>(y, x);
  } else {
    add_relu_all<c10::BFloat16>(y, x);
  }
}

}  // namespace gsttorch
