// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include <ATen/core/Tensor.h>

#include "lib/cpu/winograd.h"

namespace gsttorch {

/// Of LeakyRelu, below zero.
inline constexpr double kLeakySlope = 0.01;

/// 3x3, 1x5 and 5x1 convolutions with stride 1 on the CPU in float32, by our own kernels
/// (lib/cpu/winograd.h): two to three times as fast as a direct convolution. Reentrant.
class WinogradConv {
 public:
  /// Whether it can do the convolution, and gains: few channels take more time for the transforms
  /// than they save.
  static bool can_run(const at::Tensor& weight, std::array<std::int64_t, 2> padding);

  /// weight [O, I, KH, KW], bias [O] or undefined; padding (y, x) is at most half of the filter.
  WinogradConv(const at::Tensor& weight, const at::Tensor& bias,
               std::array<std::int64_t, 2> padding, CpuEpilogue epilogue);

  /// epilogue(conv(x) + other) for x [B, I, H, W] and other [B, O, H', W'] or undefined, float32
  /// and channels-last; so is the result, [B, O, H', W'], which may be `other`.
  void run(const at::Tensor& x, const at::Tensor& other, at::Tensor& output) const;

  /// The convolution of an image with I channels, for callers that run it themselves: they set what
  /// else it needs, at least the output.
  WinogradJob job(const CpuImage& input) const;
  /// Computes such jobs, of images of the same size, with the threads of the caller.
  void run(std::span<const WinogradJob> jobs) const;
  void run(const WinogradJob& job) const { run({&job, 1}); }

 private:
  const CpuKernels& kernels_;
  WinogradFilter filter_;
  std::int64_t out_channels_;
  std::array<std::int64_t, 2> padding_;
  CpuEpilogue epilogue_;
  at::Tensor weights_;  // packed for the kernels
  at::Tensor bias_;     // with zeros up to a whole panel
};

}  // namespace gsttorch
