// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/raft/correlation.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <ATen/ATen.h>

#include "lib/cpu/cpu_kernels.h"
#include "lib/nn/base/cpu_pool.h"
#include "lib/nn/base/failure.h"
#include "lib/nn/ops/cuda_kernels.h"
#include "lib/nn/ops/pair_products.h"

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

constexpr std::int64_t kPixelsPerPart = 64;

// Uninitialized floats with readable memory before and after them.
at::Tensor with_margins(std::int64_t floats, const at::TensorOptions& options) {
  return at::empty({floats + 2 * LookupJob::kMargin}, options)
      .narrow(0, LookupJob::kMargin, floats);
}

// first [B, n, C] times the transpose of second [B, m, C] -> [B, n, m], dense.
at::Tensor volume(const at::Tensor& first, const at::Tensor& second) {
  if (!first.is_cpu() || first.scalar_type() != at::kFloat) {
    return at::matmul(first, second.transpose(1, 2));
  }
  const std::int64_t batch = first.size(0), rows = first.size(1), columns = second.size(1);
  at::Tensor result =
      with_margins(batch * rows * columns, first.options()).view({batch, rows, columns});
  for (std::int64_t b = 0; b < batch; b++) {
    const PairProducts products(second[b]);
    products(first[b].const_data_ptr<float>(), rows, result[b].mutable_data_ptr<float>());
  }
  return result;
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
    levels_.push_back(form == Form::Volume ? volume(f1_, features) : features);
  }
}

at::Tensor Correlation::lookup(const at::Tensor& coords) const {
  const bool is_float = f1_.scalar_type() == at::kFloat;
  if (CudaLibrary* kernels = is_float && f1_.is_cuda() ? cuda_kernels() : nullptr) {
    return lookup_on_gpu(coords, *kernels);
  }
  if (!is_float || !f1_.is_cpu()) return lookup_plain(coords);
  const std::int64_t batch = f1_.size(0), pixels = height_ * width_;
  const at::Tensor points = coords.contiguous();
  LookupJob job = lookup_job(0);
  at::Tensor out = at::empty({batch, job.channels(), height_, width_}, f1_.options(),
                             at::MemoryFormat::ChannelsLast);
  for (std::int64_t b = 0; b < batch; b++) {
    job = lookup_job(b);
    job.x = points.const_data_ptr<float>() + b * 2 * pixels;
    job.y = job.x + pixels;
    job.step = 1;
    job.by_columns = true;
    job.out_step = job.channels();
    float* const to = out.mutable_data_ptr<float>() + b * pixels * job.out_step;
    parallel_for(pixels, kPixelsPerPart, [&](std::int64_t first, std::int64_t last) {
      cpu_kernels().look_up(job, first, last, to + first * job.out_step);
    });
  }
  return out;
}

LookupJob Correlation::lookup_job(std::int64_t pair) const {
  static_assert(kLevels == LookupJob::kLevels);
  const std::int64_t pixels = height_ * width_, depth = f1_.size(2);
  LookupJob job{};
  job.radius = radius_;
  job.depth = depth;
  if (form_ == Form::OnTheFly) job.features = f1_.const_data_ptr<float>() + pair * pixels * depth;
  for (int level = 0; level < kLevels; level++) {
    const auto [h, w] = sizes_[level];
    const std::int64_t size = h * w * (form_ == Form::Volume ? pixels : depth);
    job.levels[level] = {levels_[level].const_data_ptr<float>() + pair * size, h, w};
  }
  return job;
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
