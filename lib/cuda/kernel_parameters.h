// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>

namespace gsttorch {

// What our kernels work on, as plain data. All arrays are dense float32.

/// RAFT's lookup: around a point of each pixel, (2r+1)^2 values of each level.
struct CorrelationLookup {
  static constexpr int kLevels = 4;

  const float* points;           ///< [B, 2, pixels] (x, y) in pixels of the finest level
  const float* first;            ///< [B, pixels, depth]; read only on the fly
  const float* levels[kLevels];  ///< [B, pixels, height width]; on the fly [B, height width, depth]
  int heights[kLevels], widths[kLevels];
  std::int64_t batch, pixels;
  int depth, radius;
  bool on_the_fly;  ///< levels are features, whose products with `first` are the samples
};

enum class EpilogueActivation {
  None,
  Relu,
  LeakyRelu,  ///< slope 0.01 below zero
};

/// values becomes activation(values + bias + other).
struct BiasActivation {
  float* values;       ///< [pixels, channels], pixels of all images
  const float* bias;   ///< [channels], or null
  const float* other;  ///< as `values`, or null
  std::int64_t pixels;
  int channels;
  EpilogueActivation activation;
};

/// Each channel of each image gets mean 0 and variance 1; then a ReLU where it is wanted.
struct InstanceNorm {
  static constexpr int kMostChannels = 256;
  static constexpr int kMostParts = 512;

  /// Floats of `scratch`: partial sums, then what each channel is scaled with.
  std::int64_t scratch_size() const { return batch * channels * 2 * (kMostParts + 1); }

  float* values;   ///< [batch, pixels, channels]
  float* scratch;  ///< scratch_size()
  std::int64_t batch, pixels;
  int channels;  ///< kMostChannels at most
  float epsilon;
  bool relu;
};

/// out becomes added + (rows - mean) / sqrt(variance + epsilon) * gain + bias, of each row alone.
struct RowNorm {
  static constexpr int kMostChannels = 256;

  const float* values;  ///< [rows, channels]
  const float* gain;    ///< [channels]
  const float* bias;    ///< [channels]
  const float* added;   ///< [rows, channels], or null
  float* out;           ///< [rows, channels]
  std::int64_t rows;
  int channels;  ///< kMostChannels at most
  float epsilon;
};

}  // namespace gsttorch
