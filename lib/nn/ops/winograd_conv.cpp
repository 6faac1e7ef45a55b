// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/ops/winograd_conv.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <vector>

#include <ATen/ATen.h>

#include "lib/nn/base/cpu_pool.h"
#include "lib/nn/ops/packed_product.h"

namespace gsttorch {
namespace {

constexpr std::int64_t kFewestChannels = 32;

std::optional<WinogradFilter> filter_of(const at::Tensor& weight) {
  for (const auto filter :
       {WinogradFilter::Square3, WinogradFilter::Row5, WinogradFilter::Column5}) {
    const WinogradShape shape = shape_of(filter);
    if (weight.size(2) == shape.height && weight.size(3) == shape.width) return filter;
  }
  return std::nullopt;
}

at::Tensor packed_weights(const CpuKernels& kernels, WinogradFilter filter,
                          const at::Tensor& weight) {
  const at::Tensor dense = weight.contiguous();
  const std::int64_t out = dense.size(0), in = dense.size(1), size = dense[0].numel();
  const std::int64_t panels = (out + kernels.panel - 1) / kernels.panel;
  const std::int64_t panel_size = packed_winograd_size(kernels, filter, kernels.panel, in);
  at::Tensor packed = at::empty({panels * panel_size}, at::kFloat);
  const float* from = dense.const_data_ptr<float>();
  float* to = packed.mutable_data_ptr<float>();
  cpu_pool().run(panels, [&](std::int64_t panel) {
    const std::int64_t first = panel * kernels.panel, count = std::min(kernels.panel, out - first);
    pack_winograd(kernels, filter, from + first * size, count, in, to + panel * panel_size);
  });
  return packed;
}

}  // namespace

bool WinogradConv::can_run(const at::Tensor& weight, std::array<std::int64_t, 2> padding) {
  return weight.is_cpu() && weight.scalar_type() == at::kFloat && filter_of(weight) &&
         padding[0] <= weight.size(2) / 2 && padding[1] <= weight.size(3) / 2 &&
         weight.size(0) >= kFewestChannels && weight.size(1) >= kFewestChannels;
}

WinogradConv::WinogradConv(const at::Tensor& weight, const at::Tensor& bias,
                           std::array<std::int64_t, 2> padding, CpuEpilogue epilogue)
    : kernels_(cpu_kernels()),
      filter_(*filter_of(weight)),
      out_channels_(weight.size(0)),
      padding_(padding),
      epilogue_(epilogue),
      weights_(packed_weights(kernels_, filter_, weight)),
      bias_(packed_bias(bias, out_channels_)) {}

WinogradJob WinogradConv::job(const CpuImage& input) const {
  WinogradJob job{};
  job.filter = filter_;
  job.input = input;
  job.pad_y = padding_[0];
  job.pad_x = padding_[1];
  job.weights = weights_.const_data_ptr<float>();
  job.bias = bias_.const_data_ptr<float>();
  job.epilogue = epilogue_;
  job.negative_slope = static_cast<float>(kLeakySlope);
  job.out_step = job.out_channels = out_channels_;
  return job;
}

void WinogradConv::run(std::span<const WinogradJob> jobs) const {
  if (jobs.empty()) return;
  ThreadPool& pool = cpu_pool();
  const std::int64_t tiles = jobs[0].tiles();
  const std::int64_t block = winograd_block(kernels_, jobs[0], pool.threads());
  const std::int64_t blocks = (tiles + block - 1) / block;
  const std::size_t scratch = winograd_scratch(kernels_, filter_, jobs[0].in_channels(), block);
  pool.run(std::ssize(jobs) * blocks, [&](std::int64_t piece) {
    const std::int64_t first = piece % blocks * block;
    kernels_.convolve(jobs[piece / blocks], first, std::min(first + block, tiles), block,
                      thread_scratch(scratch));
  });
}

void WinogradConv::run(const at::Tensor& x, const at::Tensor& other, at::Tensor& output) const {
  const float* added = other.defined() ? other.const_data_ptr<float>() : nullptr;
  float* to = output.mutable_data_ptr<float>();
  const std::int64_t in_size = x.size(1) * x.size(2) * x.size(3);
  std::vector<WinogradJob> jobs;
  for (std::int64_t image = 0; image < x.size(0); image++) {
    WinogradJob& one = jobs.emplace_back(job(
        {x.const_data_ptr<float>() + image * in_size, x.size(2), x.size(3), x.size(1), x.size(1)}));
    const std::int64_t offset = image * out_channels_ * one.out_height() * one.out_width();
    one.other = added ? added + offset : nullptr;
    one.output = to + offset;
  }
  run(jobs);
}

}  // namespace gsttorch
