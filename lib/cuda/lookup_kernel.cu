// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/cuda/lookup.h"
#include "lib/cuda/lookup_kernel.h"

namespace gsttorch {
namespace {

// One warp per pixel, one block for neighbouring pixels: their windows overlap, so that most reads
// of one hit data that another has just cached.
constexpr int kWarp = 32, kPixels = 8;
// On the fly, this many threads of a warp compute a sample together, four features at a time.
constexpr int kThreadsPerSample = 8, kStep = 4 * kThreadsPerSample, kMostSteps = 8;

__device__ float dot(float4 a, float4 b, float sum) {
  return fmaf(a.x, b.x, fmaf(a.y, b.y, fmaf(a.z, b.z, fmaf(a.w, b.w, sum))));
}

__device__ float sum_of_threads(float value) {
  for (int step = kThreadsPerSample / 2; step > 0; step /= 2) {
    value += __shfl_down_sync(~0U, value, step, kThreadsPerSample);
  }
  return value;
}

// Iterates over the samples of a window without dividing.
struct Walk {
  int x, y;

  __device__ void advance(int step, int side) {
    for (x += step; x >= side; x -= side) y++;
  }
};

// A pixel's view of one level: its window, and the start of its image's samples or features.
struct LevelWindow {
  LookupWindow window;
  int width, height;
  const float* data;

  // Index of a sample's cell; -1: outside.
  __device__ int cell(const Walk& at) const {
    const int x = window.x0 + at.x, y = window.y0 + at.y;
    return x >= 0 && x < width && y >= 0 && y < height ? y * width + x : -1;
  }
};

__device__ LevelWindow level_window(const CorrelationLookup& s, std::int64_t pixel, int level) {
  const float* data = s.on_the_fly ? cell_features(s, pixel, level, 0)
                                   : s.levels[level] + pixel * cells_of(s, level);
  return {lookup_window(s, pixel, level), s.widths[level], s.heights[level], data};
}

__device__ void gather(const LevelWindow& level, int side, int thread, float* samples) {
  Walk at{thread % side, thread / side};
  for (int i = thread; i < side * side; i += kWarp, at.advance(kWarp, side)) {
    const int cell = level.cell(at);
    samples[i] = cell < 0 ? 0 : level.data[cell];
  }
}

// For features whose depth is a multiple of kStep, at most kMostSteps times.
__device__ void multiply(const LevelWindow& level, const float4* mine, int depth, int side,
                         int thread, float* samples) {
  constexpr int kTogether = kWarp / kThreadsPerSample;
  const int part = thread % kThreadsPerSample, own = thread / kThreadsPerSample, area = side * side;
  Walk at{own % side, own / side};
#pragma unroll 4
  for (int begin = 0; begin < area; begin += kTogether, at.advance(kTogether, side)) {
    const int i = begin + own;
    const int cell = i < area ? level.cell(at) : -1;
    float sum = 0;
    if (cell >= 0) {
      const auto* other = reinterpret_cast<const float4*>(level.data + std::int64_t{cell} * depth);
#pragma unroll
      for (int k = 0; k < kMostSteps; k++) {
        if (k * kStep < depth) sum = dot(mine[k], other[part + k * kThreadsPerSample], sum);
      }
    }
    sum = sum_of_threads(sum);
    if (part == 0 && i < area) samples[i] = sum;
  }
}

// For features of any depth.
__device__ void multiply_slowly(const LevelWindow& level, const float* first, int depth, int side,
                                int thread, float* samples) {
  Walk at{thread % side, thread / side};
  for (int i = thread; i < side * side; i += kWarp, at.advance(kWarp, side)) {
    const int cell = level.cell(at);
    float sum = 0;
    for (int c = 0; cell >= 0 && c < depth; c++) {
      sum += first[c] * level.data[std::int64_t{cell} * depth + c];
    }
    samples[i] = sum;
  }
}

__device__ void blend(const LevelWindow& level, const float* samples, int radius, int thread,
                      float* out) {
  const int values = (2 * radius + 1) * (2 * radius + 1);
  for (int c = thread; c < values; c += kWarp) {
    out[c] = lookup_value(samples, level.window, radius, c);
  }
}

template <bool kOnTheFly>
__global__ void lookup(CorrelationLookup s, float* out) {
  extern __shared__ float shared[];
  const int thread = threadIdx.x % kWarp, warp = threadIdx.x / kWarp;
  const std::int64_t pixel = std::int64_t{blockIdx.x} * kPixels + warp;
  if (pixel >= s.batch * s.pixels) return;
  const int side = 2 * s.radius + 2, values = (side - 1) * (side - 1);
  const bool in_steps = s.depth % kStep == 0 && s.depth <= kStep * kMostSteps;
  const float* first = pixel_features(s, pixel);
  float4 mine[kMostSteps];
#pragma unroll
  for (int k = 0; k < kMostSteps; k++) {
    const bool is_there = kOnTheFly && in_steps && k * kStep < s.depth;
    mine[k] = is_there ? reinterpret_cast<const float4*>(
                             first)[thread % kThreadsPerSample + k * kThreadsPerSample]
                       : float4{0, 0, 0, 0};
  }
  float* samples = shared + warp * side * side;
  float* to = out + pixel * CorrelationLookup::kLevels * values;
  for (int i = 0; i < CorrelationLookup::kLevels; i++, to += values) {
    const LevelWindow level = level_window(s, pixel, i);
    if (!kOnTheFly) {
      gather(level, side, thread, samples);
    } else if (in_steps) {
      multiply(level, mine, s.depth, side, thread, samples);
    } else {
      multiply_slowly(level, first, s.depth, side, thread, samples);
    }
    __syncwarp();
    blend(level, samples, s.radius, thread, to);
    __syncwarp();  // before the next level overwrites the samples
  }
}

}  // namespace

cudaError_t launch_lookup(const CorrelationLookup& s, cudaStream_t stream, float* out) {
  const int side = 2 * s.radius + 2;
  const std::size_t shared = sizeof(float) * kPixels * side * side;
  const auto blocks = static_cast<unsigned>((s.batch * s.pixels + kPixels - 1) / kPixels);
  if (s.on_the_fly) {
    lookup<true><<<blocks, kPixels * kWarp, shared, stream>>>(s, out);
  } else {
    lookup<false><<<blocks, kPixels * kWarp, shared, stream>>>(s, out);
  }
  return cudaGetLastError();
}

}  // namespace gsttorch
