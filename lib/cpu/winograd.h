// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>

#include "lib/cpu/cpu_kernels.h"

namespace gsttorch {

/// A channels-last image of floats; `step` is the distance of two pixels in floats.
struct CpuImage {
  const float* data;
  std::int64_t height, width, channels;
  std::int64_t step;
};

/// Sizes of filters.
enum class WinogradFilter { Square3, Row5, Column5 };  // 3x3, 1x5 and 5x1 (height x width)

struct WinogradShape {
  std::int64_t height, width;         ///< of the filter
  std::int64_t points_y, points_x;    ///< of the input per tile; products per pair of channels
  std::int64_t outputs_y, outputs_x;  ///< per tile
  constexpr std::int64_t points() const { return points_y * points_x; }
};
constexpr WinogradShape shape_of(WinogradFilter filter) {
  if (filter == WinogradFilter::Row5) return {1, 5, 1, 8, 1, 4};
  if (filter == WinogradFilter::Column5) return {5, 1, 8, 1, 4, 1};
  return {3, 3, 6, 6, 4, 4};
}

/// The operands of one convolution of one image.
struct WinogradJob {
  WinogradFilter filter;
  CpuImage input;  ///< the first channels
  /// Further channels of the same pixels; if there are any, `input` has a multiple of 16.
  const float* more;
  std::int64_t more_channels, more_step;
  std::int64_t pad_y, pad_x;  ///< rows and columns of zeros on each side
  const float* weights;       ///< from `pack_winograd`, for the panel of the kernels
  const float* bias;          ///< `out_channels` rounded up to a panel
  const float* other;         ///< added before the epilogue, dense; null: nothing
  CpuEpilogue epilogue;
  float negative_slope;  ///< of LeakyRelu
  float* output;         ///< may be `other` or `state`; with GruGates only the gate z
  std::int64_t out_step;
  std::int64_t out_channels;
  // Of GruGates and GruState: dense, with as many channels as the state, a multiple of 16.
  const float* state;
  const float* gate;
  float* reset_state;

  std::int64_t in_channels() const { return input.channels + more_channels; }
  std::int64_t out_height() const { return input.height + 2 * pad_y - shape_of(filter).height + 1; }
  std::int64_t out_width() const { return input.width + 2 * pad_x - shape_of(filter).width + 1; }
  std::int64_t tiles_in_row() const {
    const std::int64_t outputs = shape_of(filter).outputs_x;
    return (out_width() + outputs - 1) / outputs;
  }
  std::int64_t tiles() const {
    const std::int64_t outputs = shape_of(filter).outputs_y;
    return (out_height() + outputs - 1) / outputs * tiles_in_row();
  }
};

// Convolutions with stride 1 by Winograd's minimal filtering (Lavin and Gray, Fast Algorithms for
// Convolutional Neural Networks, 2015). With F(4x4, 3x3), tiles of 4x4 outputs need 36 products per
// pair of channels instead of 144; with F(4, 5) for 1x5 and 5x1, 8 instead of 20. The error of the
// sums is a few times that of a direct convolution (about 2e-6 of the largest output for 256
// channels). `CpuKernels::convolve` does it.

/// Number of tiles in a block: so many that their transformed input stays in the second-level
/// cache, and that each of `threads` threads gets as many blocks as the others.
std::int64_t winograd_block(const CpuKernels& kernels, const WinogradJob& job, int threads);

/// Floats that `convolve` needs for blocks of this size.
std::size_t winograd_scratch(const CpuKernels& kernels, WinogradFilter filter,
                             std::int64_t in_channels, std::int64_t block);

/// Transforms weights [out, in, height, width] to [out / panel, points, in, panel], with zeros for
/// the channels that the last panel lacks.
void pack_winograd(const CpuKernels& kernels, WinogradFilter filter, const float* weights,
                   std::int64_t out, std::int64_t in, float* packed);

/// Floats of such packed weights.
std::int64_t packed_winograd_size(const CpuKernels& kernels, WinogradFilter filter,
                                  std::int64_t out, std::int64_t in);

}  // namespace gsttorch
