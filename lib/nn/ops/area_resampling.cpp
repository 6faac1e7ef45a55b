// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/ops/area_resampling.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "lib/base/lru_cache.h"
#include "lib/nn/base/cpu_pool.h"
#include "lib/nn/ops/cpu_dispatch.h"
#include "lib/nn/ops/image_rows.h"

namespace gsttorch {
namespace {

// The input samples and weights of one output sample along one axis.
struct Taps {
  std::int64_t first = 0;
  std::vector<float> weights;  // of samples first, first + 1, ...; their sum is 1
};

Taps area_taps(std::int64_t index, std::int64_t from, std::int64_t to) {
  const double step = static_cast<double>(from) / static_cast<double>(to);
  const double begin = static_cast<double>(index) * step;
  const double end = std::min(begin + step, static_cast<double>(from));
  Taps taps;
  taps.first = static_cast<std::int64_t>(begin);
  for (std::int64_t i = taps.first; static_cast<double>(i) < end - 1e-9 * step; i++) {
    const double left = std::max(begin, static_cast<double>(i));
    const double right = std::min(end, static_cast<double>(i + 1));
    taps.weights.push_back(static_cast<float>((right - left) / step));
  }
  return taps;
}

Taps linear_taps(std::int64_t index, std::int64_t from, std::int64_t to) {
  const double step = static_cast<double>(from) / static_cast<double>(to);
  const double centre = std::clamp((static_cast<double>(index) + 0.5) * step - 0.5, 0.,
                                   static_cast<double>(from - 1));
  Taps taps;
  taps.first = static_cast<std::int64_t>(centre);
  const auto part = static_cast<float>(centre - static_cast<double>(taps.first));
  taps.weights = {1 - part};
  if (taps.first + 1 < from) taps.weights.push_back(part);
  return taps;
}

std::vector<Taps> axis_taps(std::int64_t from, std::int64_t to) {
  std::vector<Taps> taps;
  for (std::int64_t i = 0; i < to; i++) {
    taps.push_back(to > from ? linear_taps(i, from, to) : area_taps(i, from, to));
  }
  return taps;
}

// The taps of all output samples as a matrix [to, from].
at::Tensor axis_matrix(std::int64_t from, std::int64_t to) {
  at::Tensor matrix = at::zeros({to, from}, at::kFloat);
  const std::vector<Taps> taps = axis_taps(from, to);
  float* row = matrix.data_ptr<float>();
  for (std::int64_t i = 0; i < to; i++, row += from) {
    std::copy(taps[i].weights.begin(), taps[i].weights.end(), row + taps[i].first);
  }
  return matrix;
}

// Cached on a GPU: a stream needs the same matrices for every frame and would wait for each upload.
at::Tensor axis_matrix_on(c10::Device device, std::int64_t from, std::int64_t to) {
  if (!device.is_cuda()) return axis_matrix(from, to).to(device);
  static auto& kept = *new LruCache<std::string, at::Tensor>(std::size_t{16} << 20);
  static std::mutex mutex;
  const std::string key = device.str() + ' ' + std::to_string(from) + ' ' + std::to_string(to);
  {
    const std::lock_guard lock(mutex);
    at::Tensor matrix = kept.find(key);
    if (matrix.defined()) return matrix;
  }
  at::Tensor matrix = axis_matrix(from, to).to(device);
  // Other workers' streams may still read the matrices that put() evicts.
  c10::impl::VirtualGuardImpl(device.type()).synchronizeDevice(device.index());
  const std::lock_guard lock(mutex);
  kept.put(key, matrix, matrix.nbytes());
  return matrix;
}

GSTTORCH_CPU_CLONES
void add_scaled(const float* row, float weight, int width, float* sum) {
  for (int x = 0; x < width; x++) sum[x] += weight * row[x];
}

// Writes one channel of one output row; `out` advances by all three channels.
void shrink_row(const std::vector<float>& row, const std::vector<Taps>& taps, float scale,
                float offset, float* out) {
  for (const Taps& t : taps) {
    float sum = 0;
    const float* in = row.data() + t.first;
    for (const float weight : t.weights) sum += weight * *in++;
    *out = sum * scale + offset;
    out += 3;
  }
}

struct RowSum {
  explicit RowSum(int width) : planes(width), row(width) {}

  void begin() {
    for (auto* plane : {&planes.a, &planes.b, &planes.c}) {
      std::fill(plane->begin(), plane->end(), 0.f);
    }
  }
  void add(const ImageView& image, const ColorConversion& conversion, int y, float weight) {
    if (y != row_index) read_unit_rgb(image, conversion, y, row);
    row_index = y;  // the last row of one sum is often the first row of the next
    add_scaled(row.a.data(), weight, image.width, planes.a.data());
    add_scaled(row.b.data(), weight, image.width, planes.b.data());
    add_scaled(row.c.data(), weight, image.width, planes.c.data());
  }

  PixelRow planes, row;
  int row_index = -1;
};

}  // namespace

at::Tensor resize_area(const at::Tensor& x, std::int64_t height, std::int64_t width) {
  if (x.size(2) == height && x.size(3) == width) return x;
  const at::Tensor rows = axis_matrix_on(x.device(), x.size(2), height);
  const at::Tensor columns = axis_matrix_on(x.device(), x.size(3), width);
  return at::matmul(at::matmul(rows, x.contiguous()), columns.t());
}

at::Tensor image_to_area_tensor(const ImageView& image, const PixelScale& scale,
                                std::int64_t height, std::int64_t width) {
  at::Tensor out = at::empty({1, 3, height, width}, at::kFloat, at::MemoryFormat::ChannelsLast);
  float* pixels = out.data_ptr<float>();
  const ColorConversion conversion = color_conversion(image.format, image.color);
  const std::vector<Taps> rows = axis_taps(image.height, height);
  const std::vector<Taps> columns = axis_taps(image.width, width);
  parallel_for(height, std::max<std::int64_t>(1, height / 8), [&](auto begin, auto end) {
    RowSum sum(image.width);
    for (std::int64_t y = begin; y < end; y++) {
      sum.begin();
      auto source = static_cast<int>(rows[y].first);
      for (const float weight : rows[y].weights) sum.add(image, conversion, source++, weight);
      float* line = pixels + y * width * 3;
      shrink_row(sum.planes.a, columns, scale.scale[0], scale.offset[0], line);
      shrink_row(sum.planes.b, columns, scale.scale[1], scale.offset[1], line + 1);
      shrink_row(sum.planes.c, columns, scale.scale[2], scale.offset[2], line + 2);
    }
  });
  return out;
}

}  // namespace gsttorch
