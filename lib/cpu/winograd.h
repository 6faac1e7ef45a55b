// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace gsttorch {

/// A channels-last image of floats; `step` is the distance of two pixels in floats.
struct CpuImage {
  const float* data;
  std::int64_t height, width, channels;
  std::int64_t step;
};

enum class CpuActivation { None, Relu, LeakyRelu };

/// The operands of one convolution of one image.
struct WinogradJob {
  CpuImage input;
  std::int64_t pad_y, pad_x;  ///< rows and columns of zeros on each side
  const float* weights;       ///< from `pack_winograd`, for the panel of the kernels
  const float* bias;          ///< `out_channels` rounded up to a panel
  const float* other;         ///< added before the activation, dense; null: nothing
  CpuActivation activation;
  float negative_slope;  ///< of LeakyRelu
  float* output;         ///< dense; may be `other`
  std::int64_t out_channels;

  std::int64_t out_height() const { return input.height + 2 * pad_y - 2; }
  std::int64_t out_width() const { return input.width + 2 * pad_x - 2; }
  std::int64_t tiles_in_row() const { return (out_width() + 3) / 4; }
  std::int64_t tiles() const { return (out_height() + 3) / 4 * tiles_in_row(); }
};

/// 3x3 convolution with stride 1 by Winograd's minimal filtering F(4x4, 3x3) (Lavin and Gray, Fast
/// Algorithms for Convolutional Neural Networks, 2015): tiles of 4x4 outputs need 36 products per
/// pair of channels instead of 144. The sums are in float32; their error is a few times that of a
/// direct convolution (about 2e-6 of the largest output for 256 channels). Single-threaded, without
/// allocations; thread-safe.
struct WinogradKernels {
  const char* name;        ///< "avx512", "avx2" or "baseline"
  std::int64_t panel;      ///< output channels that are computed together
  std::int64_t tile_rows;  ///< tiles that are multiplied together

  /// Computes the tiles first to last - 1, counted row by row, in blocks of `block` tiles.
  /// `scratch` is aligned to 64 bytes and has `winograd_scratch` floats.
  void (*convolve)(const WinogradJob& job, std::int64_t first, std::int64_t last,
                   std::int64_t block, float* scratch);
};

/// The kernels that this CPU can run, the fastest first; at least one.
std::span<const WinogradKernels* const> all_winograd_kernels();
inline const WinogradKernels& winograd_kernels() { return *all_winograd_kernels().front(); }

/// Number of tiles in a block: so many that their transformed input stays in the second-level
/// cache, and that each of `threads` threads gets as many blocks as the others.
std::int64_t winograd_block(const WinogradKernels& kernels, const WinogradJob& job, int threads);

/// Floats that `convolve` needs for blocks of this size.
std::size_t winograd_scratch(const WinogradKernels& kernels, std::int64_t in_channels,
                             std::int64_t block);

/// Transforms weights [out, in, 3, 3] to [out / panel, 36, in, panel], with zeros for the channels
/// that the last panel lacks.
std::vector<float> pack_winograd(const WinogradKernels& kernels, const float* weights,
                                 std::int64_t out, std::int64_t in);

}  // namespace gsttorch
