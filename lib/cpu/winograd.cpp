// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/cpu/winograd.h"

#include <algorithm>
#include <array>
#include <span>

#include "lib/cpu/winograd_layout.h"

namespace gsttorch {
namespace {

constexpr std::int64_t kCacheFloats =
    std::int64_t{160} * 1024;  // of the transformed input: 640 KiB

constexpr int kMostTaps = 5;
using Taps = std::array<double, kMostTaps>;

// The filter transforms G. A filter of one row stays as it is.
constexpr std::array<Taps, 1> kOne = {{{1}}};
// For the points 0, 1, -1, 2, -2 and infinity.
constexpr std::array<Taps, 6> kThree = {{{1. / 4},
                                         {-1. / 6, -1. / 6, -1. / 6},
                                         {-1. / 6, 1. / 6, -1. / 6},
                                         {1. / 24, 1. / 12, 1. / 6},
                                         {1. / 24, -1. / 12, 1. / 6},
                                         {0, 0, 1}}};
// For these and 1/2 and -1/2.
constexpr std::array<Taps, 8> kFive = {{{-1},
                                        {-2. / 9, -2. / 9, -2. / 9, -2. / 9, -2. / 9},
                                        {-2. / 9, 2. / 9, -2. / 9, 2. / 9, -2. / 9},
                                        {1. / 90, 1. / 45, 2. / 45, 4. / 45, 8. / 45},
                                        {1. / 90, -1. / 45, 2. / 45, -4. / 45, 8. / 45},
                                        {32. / 45, 16. / 45, 8. / 45, 4. / 45, 2. / 45},
                                        {32. / 45, -16. / 45, 8. / 45, -4. / 45, 2. / 45},
                                        {0, 0, 0, 0, 1}}};

std::span<const Taps> transform_of(std::int64_t taps) {
  if (taps == 1) return kOne;
  if (taps == 3) return kThree;
  return kFive;
}

// G g G^T of one filter, where the transforms of its columns and rows may differ.
void transform_filter(const WinogradShape& shape, const float* filter, float* transformed) {
  const auto vertical = transform_of(shape.height), horizontal = transform_of(shape.width);
  for (std::int64_t a = 0; a < shape.points_y; a++) {
    Taps row{};
    for (std::int64_t y = 0; y < shape.height; y++) {
      for (std::int64_t x = 0; x < shape.width; x++) {
        row[x] += vertical[a][y] * filter[y * shape.width + x];
      }
    }
    for (std::int64_t b = 0; b < shape.points_x; b++) {
      double sum = 0;
      for (std::int64_t x = 0; x < shape.width; x++) sum += horizontal[b][x] * row[x];
      transformed[a * shape.points_x + b] = static_cast<float>(sum);
    }
  }
}

// Number of parts of at most `unit`.
std::int64_t parts_of(std::int64_t number, std::int64_t unit) { return (number + unit - 1) / unit; }

}  // namespace

std::int64_t winograd_block(const CpuKernels& kernels, const WinogradJob& job, int threads) {
  const std::int64_t step = tile_stride(kernels.panel / 2, job.in_channels());
  const std::int64_t fitting =
      kCacheFloats / (shape_of(job.filter).points() * step) / kernels.tile_rows * kernels.tile_rows;
  const std::int64_t most = std::max(fitting, kernels.tile_rows);
  const std::int64_t tiles = job.tiles();
  const std::int64_t blocks = parts_of(parts_of(tiles, most), threads) * threads;
  return std::min(most, parts_of(tiles, blocks));
}

std::size_t winograd_scratch(const CpuKernels& kernels, WinogradFilter filter,
                             std::int64_t in_channels, std::int64_t block) {
  const std::int64_t step = tile_stride(kernels.panel / 2, in_channels);
  return static_cast<std::size_t>(shape_of(filter).points() * block * (step + kernels.panel));
}

std::int64_t packed_winograd_size(const CpuKernels& kernels, WinogradFilter filter,
                                  std::int64_t out, std::int64_t in) {
  return parts_of(out, kernels.panel) * shape_of(filter).points() * in * kernels.panel;
}

void pack_winograd(const CpuKernels& kernels, WinogradFilter filter, const float* weights,
                   std::int64_t out, std::int64_t in, float* packed) {
  const WinogradShape shape = shape_of(filter);
  const std::int64_t panel = kernels.panel, points = shape.points();
  std::fill_n(packed, packed_winograd_size(kernels, filter, out, in), 0.F);
  std::array<float, std::size_t{6} * 6> transformed;
  for (std::int64_t o = 0; o < out; o++) {
    for (std::int64_t i = 0; i < in; i++) {
      transform_filter(shape, weights + (o * in + i) * shape.height * shape.width,
                       transformed.data());
      for (std::int64_t p = 0; p < points; p++) {
        packed[((o / panel * points + p) * in + i) * panel + o % panel] = transformed[p];
      }
    }
  }
}

}  // namespace gsttorch
