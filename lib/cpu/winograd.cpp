// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/cpu/winograd.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/cpu/cpu_capability.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wpsabi"  // vectors are only passed to inlined functions
#endif

namespace gsttorch {
namespace {

// Distance of two tiles' transformed inputs: not a multiple of a page, so that tiles do not compete
// for the same lines of the first-level cache.
constexpr std::int64_t row_step(std::int64_t lanes, std::int64_t channels) {
  return (channels + lanes - 1) / lanes * lanes + 16;
}

}  // namespace
}  // namespace gsttorch

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define GSTTORCH_WINOGRAD_VARIANTS

#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4")
#define GSTTORCH_LANES 16
#define GSTTORCH_TILE_ROWS 14
#define GSTTORCH_KERNELS_NAME "avx512"
namespace gsttorch::avx512 {
#include "lib/cpu/winograd.inc"
}  // namespace gsttorch::avx512
#undef GSTTORCH_LANES
#undef GSTTORCH_TILE_ROWS
#undef GSTTORCH_KERNELS_NAME
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")
#define GSTTORCH_LANES 8
#define GSTTORCH_TILE_ROWS 6
#define GSTTORCH_KERNELS_NAME "avx2"
namespace gsttorch::avx2 {
#include "lib/cpu/winograd.inc"
}  // namespace gsttorch::avx2
#undef GSTTORCH_LANES
#undef GSTTORCH_TILE_ROWS
#undef GSTTORCH_KERNELS_NAME
#pragma GCC pop_options

#endif

#define GSTTORCH_LANES 4
#define GSTTORCH_TILE_ROWS 4
#define GSTTORCH_KERNELS_NAME "baseline"
namespace gsttorch::baseline {
#include "lib/cpu/winograd.inc"
}  // namespace gsttorch::baseline
#undef GSTTORCH_LANES
#undef GSTTORCH_TILE_ROWS
#undef GSTTORCH_KERNELS_NAME

namespace gsttorch {
namespace {

constexpr std::int64_t kCacheFloats =
    std::int64_t{160} * 1024;  // of the transformed input: 640 KiB

// The filter transform G for the points 0, 1, -1, 2, -2 and infinity.
constexpr std::array<std::array<double, 3>, 6> kFilter = {{{1. / 4, 0, 0},
                                                           {-1. / 6, -1. / 6, -1. / 6},
                                                           {-1. / 6, 1. / 6, -1. / 6},
                                                           {1. / 24, 1. / 12, 1. / 6},
                                                           {1. / 24, -1. / 12, 1. / 6},
                                                           {0, 0, 1}}};

// G g G^T of one filter.
std::array<float, 36> transform_filter(const float* filter) {
  double rows[6][3];
  for (int a = 0; a < 6; a++) {
    for (int x = 0; x < 3; x++) {
      rows[a][x] = 0;
      for (int y = 0; y < 3; y++) rows[a][x] += kFilter[a][y] * filter[y * 3 + x];
    }
  }
  std::array<float, 36> transformed{};
  for (int a = 0; a < 6; a++) {
    for (int b = 0; b < 6; b++) {
      double sum = 0;
      for (int x = 0; x < 3; x++) sum += rows[a][x] * kFilter[b][x];
      transformed[a * 6 + b] = static_cast<float>(sum);
    }
  }
  return transformed;
}

// Number of parts of at most `unit`.
std::int64_t parts_of(std::int64_t number, std::int64_t unit) { return (number + unit - 1) / unit; }

std::vector<const WinogradKernels*> find_kernels() {
  std::vector<const WinogradKernels*> found;
#ifdef GSTTORCH_WINOGRAD_VARIANTS
  if (may_use(CpuCapability::Avx512)) found.push_back(&avx512::kWinogradKernels);
  if (may_use(CpuCapability::Avx2)) found.push_back(&avx2::kWinogradKernels);
#endif
  found.push_back(&baseline::kWinogradKernels);
  return found;
}

}  // namespace

std::span<const WinogradKernels* const> all_winograd_kernels() {
  static const auto& kernels = *new std::vector<const WinogradKernels*>(find_kernels());
  return kernels;
}

std::int64_t winograd_block(const WinogradKernels& kernels, const WinogradJob& job, int threads) {
  const std::int64_t step = row_step(kernels.panel / 2, job.input.channels);
  const std::int64_t fitting = kCacheFloats / (36 * step) / kernels.tile_rows * kernels.tile_rows;
  const std::int64_t most = std::max(fitting, kernels.tile_rows);
  const std::int64_t tiles = job.tiles();
  const std::int64_t blocks = parts_of(parts_of(tiles, most), threads) * threads;
  return std::min(most, parts_of(tiles, blocks));
}

std::size_t winograd_scratch(const WinogradKernels& kernels, std::int64_t in_channels,
                             std::int64_t block) {
  const std::int64_t step = row_step(kernels.panel / 2, in_channels);
  return static_cast<std::size_t>(36 * block * (step + kernels.panel));
}

std::vector<float> pack_winograd(const WinogradKernels& kernels, const float* weights,
                                 std::int64_t out, std::int64_t in) {
  const std::int64_t panel = kernels.panel, panels = parts_of(out, panel);
  std::vector<float> packed(static_cast<std::size_t>(panels * 36 * in * panel));
  for (std::int64_t o = 0; o < out; o++) {
    for (std::int64_t i = 0; i < in; i++) {
      const auto transformed = transform_filter(weights + (o * in + i) * 9);
      for (std::int64_t p = 0; p < 36; p++) {
        packed[((o / panel * 36 + p) * in + i) * panel + o % panel] = transformed[p];
      }
    }
  }
  return packed;
}

}  // namespace gsttorch
