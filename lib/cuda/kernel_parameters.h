// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>

namespace gsttorch {

// Parameters of our kernels, as plain data. All arrays are dense float32.

/// RAFT's lookup: for each pixel, (2r+1)^2 values per level around a point.
struct CorrelationLookup {
  static constexpr int kLevels = 4;

  const float* points;           ///< [B, 2, pixels] (x, y) in pixels of the finest level
  const float* first;            ///< [B, pixels, depth]; read only if on_the_fly
  const float* levels[kLevels];  ///< [B, pixels, height width]; on the fly [B, height width, depth]
  int heights[kLevels], widths[kLevels];
  std::int64_t batch, pixels;
  int depth, radius;
  bool on_the_fly;  ///< levels are features; a sample is their product with `first`
};

enum class EpilogueActivation {
  None,
  Relu,
  LeakyRelu,  ///< slope 0.01 below zero
};

/// Computes values = activation(values + bias + other).
struct BiasActivation {
  float* values;       ///< [pixels, channels], pixels of all images
  const float* bias;   ///< [channels], or null
  const float* other;  ///< like `values`, or null
  std::int64_t pixels;
  int channels;
  EpilogueActivation activation;
};

/// Normalizes each channel of each image to mean 0 and variance 1; then applies a ReLU if `relu`.
struct InstanceNorm {
  static constexpr int kMostChannels = 256;
  static constexpr int kMostParts = 512;

  /// Number of floats in `scratch`: partial sums, then factor and offset of each channel.
  std::int64_t scratch_size() const { return batch * channels * 2 * (kMostParts + 1); }

  float* values;   ///< [batch, pixels, channels]
  float* scratch;  ///< scratch_size()
  std::int64_t batch, pixels;
  int channels;  ///< at most kMostChannels
  float epsilon;
  bool relu;
};

/// Computes out = added + (rows - mean) / sqrt(variance + epsilon) * gain + bias, row by row.
struct RowNorm {
  static constexpr int kMostChannels = 256;

  const float* values;  ///< [rows, channels]
  const float* gain;    ///< [channels]
  const float* bias;    ///< [channels]
  const float* added;   ///< [rows, channels], or null
  float* out;           ///< [rows, channels]
  std::int64_t rows;
  int channels;  ///< at most kMostChannels
  float epsilon;
};

}  // namespace gsttorch
