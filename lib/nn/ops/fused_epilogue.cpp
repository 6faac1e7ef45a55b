// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/ops/fused_epilogue.h"

#include <limits>

#include <ATen/ATen.h>

#include "lib/nn/base/failure.h"
#include "lib/nn/ops/cuda_kernels.h"

namespace gsttorch {
namespace {

constexpr auto kPixelMajor = at::MemoryFormat::ChannelsLast;

CudaLibrary* kernels_for(const at::Tensor& map) {
  const bool fits = map.is_cuda() && map.scalar_type() == at::kFloat && map.dim() == 4 &&
                    map.is_contiguous(kPixelMajor) && map.numel() > 0 &&
                    map.numel() <= std::numeric_limits<std::int32_t>::max();
  return fits ? cuda_kernels() : nullptr;
}

void check(const Result<void>& started) {
  if (!started) throw Failure(started.error().code, started.error().message);
}

}  // namespace

bool add_bias_on_gpu(const at::Tensor& map, const at::Tensor& bias, const at::Tensor& other,
                     EpilogueActivation activation) {
  CudaLibrary* kernels = kernels_for(map);
  if (!kernels) return false;
  const bool is_sum = other.defined();
  if (is_sum && (other.scalar_type() != at::kFloat || other.sizes() != map.sizes())) return false;
  const at::Tensor added = is_sum ? other.contiguous(kPixelMajor) : other;
  const BiasActivation work = {.values = map.data_ptr<float>(),
                               .bias = bias.defined() ? bias.const_data_ptr<float>() : nullptr,
                               .other = is_sum ? added.const_data_ptr<float>() : nullptr,
                               .pixels = map.numel() / map.size(1),
                               .channels = static_cast<int>(map.size(1)),
                               .activation = activation};
  if (!work.bias && !work.other && activation == EpilogueActivation::None) return true;
  check(kernels->add_bias(work, map.device().index(), current_stream(map.device())));
  return true;
}

bool instance_norm_on_gpu(const at::Tensor& map, double epsilon, bool relu) {
  CudaLibrary* kernels = kernels_for(map);
  if (!kernels || map.size(1) > InstanceNorm::kMostChannels) return false;
  InstanceNorm work = {.values = map.data_ptr<float>(),
                       .scratch = nullptr,
                       .batch = map.size(0),
                       .pixels = map.size(2) * map.size(3),
                       .channels = static_cast<int>(map.size(1)),
                       .epsilon = static_cast<float>(epsilon),
                       .relu = relu};
  const at::Tensor scratch =
      at::empty({work.scratch_size()}, map.options().memory_format(std::nullopt));
  work.scratch = scratch.data_ptr<float>();
  check(kernels->normalize(work, map.device().index(), current_stream(map.device())));
  return true;
}

at::Tensor row_norm_on_gpu(const at::Tensor& rows, const at::Tensor& gain, const at::Tensor& bias,
                           double epsilon, const at::Tensor& added) {
  const auto is_dense = [&](const at::Tensor& x) {
    return x.is_cuda() && x.scalar_type() == at::kFloat && x.is_contiguous();
  };
  const bool fits = is_dense(rows) && is_dense(gain) && is_dense(bias) && rows.numel() > 0 &&
                    rows.numel() <= std::numeric_limits<std::int32_t>::max() &&
                    rows.size(-1) <= RowNorm::kMostChannels &&
                    (!added.defined() || (is_dense(added) && added.sizes() == rows.sizes()));
  CudaLibrary* kernels = fits ? cuda_kernels() : nullptr;
  if (!kernels) return {};
  const at::Tensor out = at::empty_like(rows);
  const RowNorm work = {.values = rows.const_data_ptr<float>(),
                        .gain = gain.const_data_ptr<float>(),
                        .bias = bias.const_data_ptr<float>(),
                        .added = added.defined() ? added.const_data_ptr<float>() : nullptr,
                        .out = out.data_ptr<float>(),
                        .rows = rows.numel() / rows.size(-1),
                        .channels = static_cast<int>(rows.size(-1)),
                        .epsilon = static_cast<float>(epsilon)};
  check(kernels->normalize(work, rows.device().index(), current_stream(rows.device())));
  return out;
}

}  // namespace gsttorch
