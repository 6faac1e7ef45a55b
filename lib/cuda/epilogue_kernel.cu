// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <algorithm>

#include "lib/cuda/epilogue.h"
#include "lib/cuda/epilogue_kernel.h"

namespace gsttorch {
namespace {

constexpr int kThreads = 256, kWarp = 32;
constexpr unsigned kMostBlocks = 4096;  // a few for each block that can run at once

unsigned blocks_for(std::int64_t elements) {
  const std::int64_t blocks = (elements + kThreads - 1) / kThreads;
  return static_cast<unsigned>(std::clamp<std::int64_t>(blocks, 1, kMostBlocks));
}

__global__ void bias_activation(BiasActivation s, std::uint32_t count) {
  const std::uint32_t step = gridDim.x * kThreads;
  for (std::uint32_t i = blockIdx.x * kThreads + threadIdx.x; i < count; i += step) add_bias(s, i);
}

// One block per (part, image). Neighbouring threads read neighbouring channels, then the next
// pixels.
__global__ void norm_moments(InstanceNorm s) {
  __shared__ NormSums sums[kThreads];
  const int rows = kThreads / s.channels;
  const int row = threadIdx.x / s.channels, channel = threadIdx.x % s.channels;
  if (row < rows) {
    sums[threadIdx.x] = norm_sums(s, blockIdx.y, channel, norm_part(s, blockIdx.x), row, rows);
  }
  __syncthreads();
  if (row > 0) return;
  NormSums total = sums[channel];
  for (int r = 1; r < rows; r++) {
    total.sum += sums[r * s.channels + channel].sum;
    total.square += sums[r * s.channels + channel].square;
  }
  float* partial = norm_partial(s, blockIdx.y, blockIdx.x, channel);
  partial[0] = total.sum;
  partial[s.channels] = total.square;
}

// One block of one warp per (channel, image).
__global__ void norm_finish(InstanceNorm s) {
  double sum = 0, square = 0;
  for (int part = threadIdx.x; part < norm_parts(s); part += kWarp) {
    const float* partial = norm_partial(s, blockIdx.y, part, blockIdx.x);
    sum += partial[0];
    square += partial[s.channels];
  }
  for (int step = 16; step > 0; step /= 2) {
    sum += __shfl_down_sync(~0U, sum, step);
    square += __shfl_down_sync(~0U, square, step);
  }
  if (threadIdx.x == 0) finish_norm(s, blockIdx.y, blockIdx.x, sum, square);
}

__global__ void norm_apply(InstanceNorm s, std::uint32_t count) {
  const std::uint32_t step = gridDim.x * kThreads;
  for (std::uint32_t i = blockIdx.x * kThreads + threadIdx.x; i < count; i += step) {
    apply_norm(s, blockIdx.y, i);
  }
}

__device__ float sum_of_warp(float value) {
  for (int step = kWarp / 2; step > 0; step /= 2) value += __shfl_xor_sync(~0U, value, step);
  return value;
}

// One warp per row.
__global__ void row_norm(RowNorm s) {
  constexpr int kMost = RowNorm::kMostChannels / kWarp;
  const std::int64_t row = (std::int64_t{blockIdx.x} * kThreads + threadIdx.x) / kWarp;
  const int thread = threadIdx.x % kWarp;
  if (row >= s.rows) return;
  const float* values = s.values + row * s.channels;
  float mine[kMost], sum = 0, square = 0;
#pragma unroll
  for (int k = 0; k < kMost; k++) {
    const int c = thread + k * kWarp;
    mine[k] = c < s.channels ? values[c] : 0;
    sum += mine[k];
  }
  const float mean = sum_of_warp(sum) / static_cast<float>(s.channels);
#pragma unroll
  for (int k = 0; k < kMost; k++) {
    mine[k] -= mean;
    if (thread + k * kWarp < s.channels) square += mine[k] * mine[k];
  }
  const float variance = sum_of_warp(square) / static_cast<float>(s.channels);
  const float inverse = rsqrtf(variance + s.epsilon);
#pragma unroll
  for (int k = 0; k < kMost; k++) {
    const int c = thread + k * kWarp;
    if (c >= s.channels) continue;
    const float value = mine[k] * inverse * s.gain[c] + s.bias[c];
    s.out[row * s.channels + c] = s.added ? s.added[row * s.channels + c] + value : value;
  }
}

}  // namespace

cudaError_t launch_bias_activation(const BiasActivation& s, cudaStream_t stream) {
  const std::int64_t count = s.pixels * s.channels;
  bias_activation<<<blocks_for(count), kThreads, 0, stream>>>(s, static_cast<std::uint32_t>(count));
  return cudaGetLastError();
}

cudaError_t launch_instance_norm(const InstanceNorm& s, cudaStream_t stream) {
  const auto images = static_cast<unsigned>(s.batch);
  const auto channels = static_cast<unsigned>(s.channels);
  const std::int64_t count = s.pixels * s.channels;
  norm_moments<<<dim3(norm_parts(s), images), kThreads, 0, stream>>>(s);
  norm_finish<<<dim3(channels, images), kWarp, 0, stream>>>(s);
  norm_apply<<<dim3(blocks_for(count), images), kThreads, 0, stream>>>(
      s, static_cast<std::uint32_t>(count));
  return cudaGetLastError();
}

cudaError_t launch_row_norm(const RowNorm& s, cudaStream_t stream) {
  constexpr int kRows = kThreads / kWarp;
  row_norm<<<static_cast<unsigned>((s.rows + kRows - 1) / kRows), kThreads, 0, stream>>>(s);
  return cudaGetLastError();
}

}  // namespace gsttorch
