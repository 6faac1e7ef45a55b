// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/ops/winograd_conv.h"

#include <cstring>
#include <memory>
#include <new>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

namespace gsttorch {
namespace {

constexpr std::int64_t kFewestChannels = 32;

constexpr std::align_val_t kAlignment{64};

struct Free {
  void operator()(float* memory) const { ::operator delete[](memory, kAlignment); }
};

// Stays with the thread, like the scratch memory of oneDNN: at most some 1.5 MB.
float* scratch_of_thread(std::size_t floats) {
  thread_local std::unique_ptr<float[], Free> memory;
  thread_local std::size_t size = 0;
  if (size < floats) {
    size = 0;
    memory.reset(new (kAlignment) float[floats]);
    size = floats;
  }
  return memory.get();
}

at::Tensor packed_bias(const at::Tensor& bias, std::int64_t out, std::int64_t panel) {
  at::Tensor packed = at::zeros({(out + panel - 1) / panel * panel}, at::kFloat);
  if (bias.defined()) packed.narrow(0, 0, out).copy_(bias);
  return packed;
}

at::Tensor packed_weights(const WinogradKernels& kernels, const at::Tensor& weight) {
  const at::Tensor dense = weight.contiguous();
  const std::vector<float> packed =
      pack_winograd(kernels, dense.const_data_ptr<float>(), dense.size(0), dense.size(1));
  at::Tensor tensor = at::empty({static_cast<std::int64_t>(packed.size())}, at::kFloat);
  std::memcpy(tensor.mutable_data_ptr<float>(), packed.data(), packed.size() * sizeof(float));
  return tensor;
}

}  // namespace

bool WinogradConv::can_run(const at::Tensor& weight, std::array<std::int64_t, 2> padding) {
  return weight.is_cpu() && weight.scalar_type() == at::kFloat && weight.size(2) == 3 &&
         weight.size(3) == 3 && padding[0] <= 1 && padding[1] <= 1 &&
         weight.size(0) >= kFewestChannels && weight.size(1) >= kFewestChannels;
}

WinogradConv::WinogradConv(const at::Tensor& weight, const at::Tensor& bias,
                           std::array<std::int64_t, 2> padding, CpuActivation activation)
    : kernels_(winograd_kernels()),
      out_channels_(weight.size(0)),
      padding_(padding),
      activation_(activation),
      weights_(packed_weights(kernels_, weight)),
      bias_(packed_bias(bias, out_channels_, kernels_.panel)) {}

at::Tensor WinogradConv::operator()(const at::Tensor& x) const {
  const std::array<std::int64_t, 4> size = {
      x.size(0), out_channels_, x.size(2) + 2 * padding_[0] - 2, x.size(3) + 2 * padding_[1] - 2};
  at::Tensor output = at::empty(size, x.options().memory_format(at::MemoryFormat::ChannelsLast));
  run(x, nullptr, output.mutable_data_ptr<float>());
  return output;
}

void WinogradConv::plus(const at::Tensor& x, const at::Tensor& other, at::Tensor& output) const {
  run(x, other.const_data_ptr<float>(), output.mutable_data_ptr<float>());
}

// Threads take blocks of tiles of one image after the other.
void WinogradConv::run(const at::Tensor& x, const float* other, float* output) const {
  WinogradJob job{};
  job.input = {x.const_data_ptr<float>(), x.size(2), x.size(3), x.size(1), x.size(1)};
  job.pad_y = padding_[0];
  job.pad_x = padding_[1];
  job.weights = weights_.const_data_ptr<float>();
  job.bias = bias_.const_data_ptr<float>();
  job.activation = activation_;
  job.negative_slope = static_cast<float>(kLeakySlope);
  job.out_channels = out_channels_;
  const int threads = at::get_num_threads();
  const std::int64_t tiles = job.tiles(), block = winograd_block(kernels_, job, threads);
  const std::int64_t blocks = (tiles + block - 1) / block;
  const std::size_t scratch_floats = winograd_scratch(kernels_, x.size(1), block);
  const std::int64_t in_size = x.size(1) * x.size(2) * x.size(3);
  const std::int64_t out_size = out_channels_ * job.out_height() * job.out_width();
  at::parallel_for(0, x.size(0) * blocks, 1, [&](std::int64_t begin, std::int64_t end) {
    float* const scratch = scratch_of_thread(scratch_floats);
    for (std::int64_t piece = begin; piece < end; piece++) {
      const std::int64_t image = piece / blocks, first = piece % blocks * block;
      WinogradJob part = job;
      part.input.data += image * in_size;
      part.output = output + image * out_size;
      part.other = other ? other + image * out_size : nullptr;
      kernels_.convolve(part, first, std::min(first + block, tiles), block, scratch);
    }
  });
}

}  // namespace gsttorch
