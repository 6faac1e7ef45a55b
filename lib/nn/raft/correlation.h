// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "lib/cpu/correlation_lookup.h"
#include "lib/cuda/cuda_library.h"

namespace gsttorch {

/// Correlation of every pixel of one feature map with the neighbourhood of a point in the other, at
/// several resolutions (RAFT, section 3.2). There are two forms with the same results:
/// - volume: all pairs are multiplied once, lookups only gather;
/// - on the fly: each lookup multiplies the pairs that it needs; only the feature maps are stored.
class Correlation {
 public:
  enum class Form { Volume, OnTheFly };

  static constexpr int kLevels = 4;

  /// Bytes of the volume form's pyramid.
  static std::size_t volume_bytes(std::int64_t batch, std::int64_t height, std::int64_t width);

  /// f1, f2 [B, C, h, w]. h and w must be at least 16, so that the last level has two samples a
  /// side.
  Correlation(const at::Tensor& f1, const at::Tensor& f2, int radius, Form form);

  /// coords [B, 2, h, w] (x, y) in pixels of f2 -> [B, kLevels (2r+1)^2, h, w].
  /// Channel = (level, dx, dy) with dy the fastest; bilinear between samples, zero outside.
  at::Tensor lookup(const at::Tensor& coords) const;

  /// The same with ATen's grid_sample. `lookup` uses it on devices other than the CPU without our
  /// kernels; it is also the reference in the tests.
  at::Tensor lookup_plain(const at::Tensor& coords) const;

  /// On the CPU, in float32: the lookup of one pair of the batch, without points and output.
  LookupJob lookup_job(std::int64_t pair) const;

 private:
  at::Tensor lookup_on_gpu(const at::Tensor& coords, CudaLibrary& kernels) const;
  at::Tensor sample_plain(int level, const at::Tensor& points) const;

  int radius_;
  Form form_;
  std::int64_t height_, width_;
  at::Tensor f1_;                   // [B, h w, C], divided by sqrt(C)
  std::vector<at::Tensor> levels_;  // volume: [B, h w, h_l w_l]; on the fly: [B, h_l w_l, C]
  std::vector<std::array<std::int64_t, 2>> sizes_;  // h_l, w_l
};

}  // namespace gsttorch
