// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cmath>
#include <cstdint>

#include "lib/cuda/host_device.h"
#include "lib/cuda/kernel_parameters.h"

namespace gsttorch {

GSTTORCH_HOST_DEVICE float activated(float value, EpilogueActivation activation) {
  constexpr float kLeakySlope = 0.01F;
  if (activation == EpilogueActivation::None || value > 0) return value;
  return activation == EpilogueActivation::Relu && value <= 0 ? 0 : value * kLeakySlope;
}

/// Processes element `i`; its index determines its channel.
GSTTORCH_HOST_DEVICE void add_bias(const BiasActivation& s, std::uint32_t i) {
  float value = s.values[i];
  if (s.bias) value += s.bias[i % static_cast<std::uint32_t>(s.channels)];
  if (s.other) value += s.other[i];
  s.values[i] = activated(value, s.activation);
}

/// The range of an image's pixels that one partial sum covers.
struct NormPart {
  std::int64_t begin, end;
};

GSTTORCH_HOST_DEVICE int norm_parts(const InstanceNorm& s) {
  constexpr std::int64_t kPixelsPerPart = 128;
  const std::int64_t parts = (s.pixels + kPixelsPerPart - 1) / kPixelsPerPart;
  return static_cast<int>(parts < InstanceNorm::kMostParts ? parts : InstanceNorm::kMostParts);
}

GSTTORCH_HOST_DEVICE NormPart norm_part(const InstanceNorm& s, int part) {
  const int parts = norm_parts(s);
  return {s.pixels * part / parts, s.pixels * (part + 1) / parts};
}

/// Sums of x - shift and of its square. The shift, an image's first pixel, avoids cancellation when
/// the variance is computed and the mean is far from zero.
struct NormSums {
  float sum, square;
};

/// Sums one channel of a part, over every `step`-th pixel from `first` on.
GSTTORCH_HOST_DEVICE NormSums norm_sums(const InstanceNorm& s, std::int64_t image, int channel,
                                        NormPart part, int first, int step) {
  const float* values = s.values + image * s.pixels * s.channels + channel;
  const float shift = values[0];
  NormSums sums{0, 0};
#if defined(__CUDA_ARCH__)
#pragma unroll 4
#endif
  for (std::int64_t p = part.begin + first; p < part.end; p += step) {
    const float d = values[p * s.channels] - shift;
    sums.sum += d;
    sums.square += d * d;
  }
  return sums;
}

/// Address of a part's sum; that of the square is `channels` floats further.
GSTTORCH_HOST_DEVICE float* norm_partial(const InstanceNorm& s, std::int64_t image, int part,
                                         int channel) {
  return s.scratch + ((image * norm_parts(s) + part) * 2) * s.channels + channel;
}

/// Address of a channel's factor; its offset is `channels` floats further.
GSTTORCH_HOST_DEVICE float* norm_scale(const InstanceNorm& s, std::int64_t image, int channel) {
  return s.scratch + (s.batch * InstanceNorm::kMostParts + image) * 2 * s.channels + channel;
}

/// Computes factor and offset from the sums over a whole image.
GSTTORCH_HOST_DEVICE void finish_norm(const InstanceNorm& s, std::int64_t image, int channel,
                                      double sum, double square) {
  const auto count = static_cast<double>(s.pixels);
  const double shifted_mean = sum / count;
  const double spread = square / count - shifted_mean * shifted_mean;
  const double inverse = 1 / sqrt((spread > 0 ? spread : 0) + static_cast<double>(s.epsilon));
  const double shift = s.values[image * s.pixels * s.channels + channel];
  float* scale = norm_scale(s, image, channel);
  scale[0] = static_cast<float>(inverse);
  scale[s.channels] = static_cast<float>(-(shift + shifted_mean) * inverse);
}

/// Normalizes element `i` of an image.
GSTTORCH_HOST_DEVICE void apply_norm(const InstanceNorm& s, std::int64_t image, std::uint32_t i) {
  const int channel = static_cast<int>(i % static_cast<std::uint32_t>(s.channels));
  const float* scale = norm_scale(s, image, channel);
  float& value = s.values[image * s.pixels * s.channels + i];
  value = value * scale[0] + scale[s.channels];
  if (s.relu && value < 0) value = 0;
}

}  // namespace gsttorch
