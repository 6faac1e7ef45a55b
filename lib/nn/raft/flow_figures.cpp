// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/raft/flow_figures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include <ATen/ATen.h>

#include "lib/nn/base/cpu_pool.h"
#include "lib/nn/ops/cpu_dispatch.h"

namespace gsttorch {
namespace {

constexpr std::int64_t kSimdWidth = 16;         // parallel sums, for vectorization
constexpr std::int64_t kPixelsPerBlock = 4096;  // float sums stay accurate enough within a block

struct Sums {
  double length = 0, x = 0, y = 0;
  float longest = 0;

  void add(const Sums& more) {
    length += more.length;
    x += more.x;
    y += more.y;
    longest = std::max(longest, more.longest);
  }
};

// Adds up to kPixelsPerBlock adjacent pixels of a row.
GSTTORCH_CPU_CLONES
void add_block(const float* x, const float* y, std::int64_t count, Sums& sums) {
  std::array<float, kSimdWidth> length{}, sum_x{}, sum_y{}, longest{};
  const std::int64_t whole = count / kSimdWidth * kSimdWidth;
  for (std::int64_t i = 0; i < whole; i += kSimdWidth) {
    for (std::int64_t slot = 0; slot < kSimdWidth; slot++) {
      const float a = x[i + slot], b = y[i + slot];
      const float l = std::sqrt(a * a + b * b);
      length[slot] += l;
      sum_x[slot] += a;
      sum_y[slot] += b;
      longest[slot] = longest[slot] < l ? l : longest[slot];
    }
  }
  for (std::int64_t i = whole; i < count; i++) {
    const float l = std::sqrt(x[i] * x[i] + y[i] * y[i]);
    sums.add({l, x[i], y[i], l});
  }
  for (std::int64_t slot = 0; slot < kSimdWidth; slot++) {
    sums.add({length[slot], sum_x[slot], sum_y[slot], longest[slot]});
  }
}

// Sums of a row of both components; `x` and `y` point to their first pixels.
Sums sums_of_row(const float* x, const float* y, std::int64_t width) {
  Sums sums;
  for (std::int64_t i = 0; i < width; i += kPixelsPerBlock) {
    add_block(x + i, y + i, std::min(kPixelsPerBlock, width - i), sums);
  }
  return sums;
}

// Rows are added in order, whichever thread summed them, so that the same flow always gives the
// same values.
FlowFigures figures_on_cpu(const at::Tensor& flow) {
  const std::int64_t height = flow.size(1), width = flow.size(2);
  const float* const x = flow.const_data_ptr<float>();
  const float* const y = x + flow.stride(0);
  const std::int64_t step = flow.stride(1);
  std::vector<Sums> rows(height);
  const std::int64_t rows_at_once = std::max<std::int64_t>(1, 32768 / width);
  parallel_for(height, rows_at_once, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; r++) {
      rows[r] = sums_of_row(x + r * step, y + r * step, width);
    }
  });
  Sums all;
  for (const Sums& row : rows) all.add(row);
  // Comparisons with NaN are false, so the maximum alone would miss a NaN.
  if (std::isnan(all.length)) all.longest = std::numeric_limits<float>::quiet_NaN();
  const auto pixels = static_cast<double>(height * width);
  return {static_cast<float>(all.length / pixels), all.longest, static_cast<float>(all.x / pixels),
          static_cast<float>(all.y / pixels)};
}

}  // namespace

FlowFigures flow_figures(const at::Tensor& flow) {
  if (flow.is_cpu() && flow.scalar_type() == at::kFloat) {
    return figures_on_cpu(flow.stride(2) == 1 ? flow : flow.contiguous());
  }
  const at::Tensor lengths = vector_lengths(flow, 0);
  const at::Tensor mean = flow.mean(at::IntArrayRef{1, 2});  // [2]
  const at::Tensor figures = at::stack({lengths.mean(), lengths.max(), mean[0], mean[1]}).cpu();
  const float* figure = figures.const_data_ptr<float>();
  return {figure[0], figure[1], figure[2], figure[3]};
}

at::Tensor vector_lengths(const at::Tensor& vectors, std::int64_t dim) {
  return at::hypot(vectors.select(dim, 0), vectors.select(dim, 1));
}

}  // namespace gsttorch
