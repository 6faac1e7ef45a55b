// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/raft/correlation.h"

#include <array>
#include <cmath>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "lib/nn/base/failure.h"
#include "lib/nn/ops/cpu_dispatch.h"
#include "lib/nn/ops/cuda_kernels.h"

namespace gsttorch {
namespace {

// [B, C, h, w] -> dense [B, h w, C]; no copy of a channels-last tensor.
at::Tensor rows(const at::Tensor& features) {
  return features.permute({0, 2, 3, 1})
      .reshape({features.size(0), -1, features.size(1)})
      .contiguous();
}

// Bilinear, zeros outside, align_corners. ATen has the shape function of this operation only in
// Python, so the meta device is handled here.
at::Tensor grid_sample(const at::Tensor& planes, const at::Tensor& grid) {
  if (!planes.is_meta()) return at::grid_sampler_2d(planes, grid, 0, 0, true);
  TORCH_CHECK(grid.is_meta(), "a grid on ", grid.device(), " for planes on ", planes.device());
  return at::empty({planes.size(0), planes.size(1), grid.size(1), grid.size(2)}, planes.options());
}

// One pixel's window at one level: blends the (2r+2)^2 samples around a point into (2r+1)^2 values,
// which all share the point's fractional part. `size` is the number of samples a side.
GSTTORCH_CPU_CLONES
void blend_window(const float* window, int size, float fx, float fy, float* out) {
  constexpr int kMost = 16;
  float across[kMost * kMost];
  const int last = size - 1;
  for (int y = 0; y < size; y++) {
    for (int x = 0; x < last; x++) {
      across[y * last + x] = window[y * size + x] * (1 - fx) + window[y * size + x + 1] * fx;
    }
  }
  for (int y = 0; y < last; y++) {
    for (int x = 0; x < last; x++) {
      out[x * last + y] = across[y * last + x] * (1 - fy) + across[(y + 1) * last + x] * fy;
    }
  }
}

GSTTORCH_CPU_CLONES
float dot(const float* a, const float* b, std::int64_t count) {
  constexpr int kSimdWidth = 16;
  float sum[kSimdWidth] = {};
  std::int64_t i = 0;
  for (; i + kSimdWidth <= count; i += kSimdWidth) {
    for (int slot = 0; slot < kSimdWidth; slot++) sum[slot] += a[i + slot] * b[i + slot];
  }
  float total = 0;
  for (int slot = 0; slot < kSimdWidth; slot++) total += sum[slot];
  for (; i < count; i++) total += a[i] * b[i];
  return total;
}

// Position of a window: its first sample, and the fraction that all its points share.
struct Window {
  std::int64_t x0, y0;
  float fx, fy;
};

Window window_at(float x, float y, int radius) {
  // A diverged coordinate (also NaN) is far outside, where everything is zero.
  constexpr float kFar = 1e6f;
  if (!(std::abs(x) < kFar) || !(std::abs(y) < kFar)) return {-1000000, -1000000, 0, 0};
  const float floor_x = std::floor(x), floor_y = std::floor(y);
  return {static_cast<std::int64_t>(floor_x) - radius, static_cast<std::int64_t>(floor_y) - radius,
          x - floor_x, y - floor_y};
}

// Fills the window from `sample(y, x)`, with zeros outside [height, width].
template <typename Sample>
void gather(const Window& w, int size, std::int64_t height, std::int64_t width, float* window,
            Sample&& sample) {
  for (int j = 0; j < size; j++) {
    const std::int64_t y = w.y0 + j;
    for (int i = 0; i < size; i++) {
      const std::int64_t x = w.x0 + i;
      const bool inside = x >= 0 && x < width && y >= 0 && y < height;
      window[j * size + i] = inside ? sample(y, x) : 0.f;
    }
  }
}

}  // namespace

std::size_t Correlation::volume_bytes(std::int64_t batch, std::int64_t height, std::int64_t width) {
  std::size_t targets = 0;
  std::int64_t h = height, w = width;
  for (int level = 0; level < kLevels; level++, h /= 2, w /= 2) targets += h * w;
  return static_cast<std::size_t>(batch * height * width) * targets * sizeof(float);
}

// Averaging the volume over 2x2 targets equals correlating with averaged features, and pooling the
// features is far less work.
Correlation::Correlation(const at::Tensor& f1, const at::Tensor& f2, int radius, Form form)
    : radius_(radius), form_(form), height_(f1.size(2)), width_(f1.size(3)) {
  f1_ = rows(f1) / std::sqrt(static_cast<double>(f1.size(1)));
  at::Tensor pooled = f2;
  for (int level = 0; level < kLevels; level++) {
    if (level > 0) pooled = at::avg_pool2d(pooled, {2, 2}, {2, 2});
    sizes_.push_back({pooled.size(2), pooled.size(3)});
    const at::Tensor features = rows(pooled);
    levels_.push_back(form == Form::Volume ? at::matmul(f1_, features.transpose(1, 2)) : features);
  }
}

at::Tensor Correlation::lookup(const at::Tensor& coords) const {
  const bool is_float = f1_.scalar_type() == at::kFloat;
  if (CudaLibrary* kernels = is_float && f1_.is_cuda() ? cuda_kernels() : nullptr) {
    return lookup_on_gpu(coords, *kernels);
  }
  if (!is_float || !f1_.is_cpu()) return lookup_plain(coords);
  const int size = 2 * radius_ + 2;
  const std::int64_t samples = (size - 1) * (size - 1), channels = kLevels * samples;
  const std::int64_t batch = f1_.size(0), pixels = height_ * width_, depth = f1_.size(2);
  at::Tensor out =
      at::empty({batch, channels, height_, width_}, f1_.options(), at::MemoryFormat::ChannelsLast);
  const at::Tensor planes = coords.contiguous();
  const float* xy = planes.const_data_ptr<float>();
  const float* f1 = f1_.const_data_ptr<float>();
  float* to = out.data_ptr<float>();
  at::parallel_for(0, batch * pixels, 64, [&](std::int64_t begin, std::int64_t end) {
    std::array<float, 16 * 16> window;
    for (std::int64_t p = begin; p < end; p++) {
      const std::int64_t b = p / pixels;
      const float* x = xy + b * 2 * pixels + p % pixels;
      for (int level = 0; level < kLevels; level++) {
        const float scale = 1.f / static_cast<float>(1 << level);
        const Window at = window_at(x[0] * scale, x[pixels] * scale, radius_);
        const auto [h, w] = sizes_[level];
        const float* data = levels_[level].const_data_ptr<float>();
        if (form_ == Form::Volume) {
          const float* plane = data + p * h * w;
          gather(at, size, h, w, window.data(),
                 [&](std::int64_t y, std::int64_t x) { return plane[y * w + x]; });
        } else {
          const float* features = data + b * h * w * depth;
          gather(at, size, h, w, window.data(), [&](std::int64_t y, std::int64_t x) {
            return dot(f1 + p * depth, features + (y * w + x) * depth, depth);
          });
        }
        blend_window(window.data(), size, at.fx, at.fy, to + p * channels + level * samples);
      }
    }
  });
  return out;
}

at::Tensor Correlation::lookup_on_gpu(const at::Tensor& coords, CudaLibrary& kernels) const {
  static_assert(kLevels == CorrelationLookup::kLevels);
  const at::Tensor points = coords.to(at::kFloat).contiguous();
  CorrelationLookup lookup = {.points = points.const_data_ptr<float>(),
                              .first = f1_.const_data_ptr<float>(),
                              .batch = f1_.size(0),
                              .pixels = height_ * width_,
                              .depth = static_cast<int>(f1_.size(2)),
                              .radius = radius_,
                              .on_the_fly = form_ == Form::OnTheFly};
  for (int level = 0; level < kLevels; level++) {
    lookup.levels[level] = levels_[level].const_data_ptr<float>();
    lookup.heights[level] = static_cast<int>(sizes_[level][0]);
    lookup.widths[level] = static_cast<int>(sizes_[level][1]);
  }
  const std::int64_t side = 2 * radius_ + 1;
  at::Tensor out = at::empty({lookup.batch, kLevels * side * side, height_, width_}, f1_.options(),
                             at::MemoryFormat::ChannelsLast);
  const auto started = kernels.look_up(lookup, f1_.device().index(), current_stream(f1_.device()),
                                       out.data_ptr<float>());
  if (!started) throw Failure(started.error().code, started.error().message);
  return out;
}

// points [B, h, w, n, 2] (x, y) in samples of the level -> [B, h, w, n]
at::Tensor Correlation::sample_plain(int level, const at::Tensor& points) const {
  const auto [h, w] = sizes_[level];
  const std::int64_t batch = points.size(0), n = points.size(3), pixels = height_ * width_;
  const at::Tensor x = points.select(-1, 0) * (2.0 / (w - 1)) - 1;
  const at::Tensor y = points.select(-1, 1) * (2.0 / (h - 1)) - 1;
  const at::Tensor grid = at::stack({x, y}, -1);
  if (form_ == Form::Volume) {
    const at::Tensor planes = levels_[level].view({batch * pixels, 1, h, w});
    return grid_sample(planes, grid.view({batch * pixels, 1, n, 2}))
        .view({batch, height_, width_, n});
  }
  const at::Tensor features = levels_[level].view({batch, h, w, -1}).permute({0, 3, 1, 2});
  const at::Tensor sampled = grid_sample(features, grid.view({batch, pixels, n, 2}));
  return (sampled * f1_.transpose(1, 2).unsqueeze(-1)).sum(1).view({batch, height_, width_, n});
}

at::Tensor Correlation::lookup_plain(const at::Tensor& coords) const {
  const at::Tensor centre = coords.permute({0, 2, 3, 1}).unsqueeze(3);  // [B, h, w, 1, 2]
  const at::Tensor offset =
      at::arange(-radius_, radius_ + 1, coords.options().dtype(at::kFloat));  // [2r+1]
  std::vector<at::Tensor> channels;
  for (int level = 0; level < kLevels; level++) {
    for (int dx = -radius_; dx <= radius_; dx++) {  // one column at a time, to limit the memory
      const at::Tensor column = at::stack({at::full_like(offset, dx), offset}, -1);
      channels.push_back(sample_plain(level, centre / (1 << level) + column));
    }
  }
  return at::cat(channels, -1).permute({0, 3, 1, 2});
}

}  // namespace gsttorch
