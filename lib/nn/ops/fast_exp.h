// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

namespace gsttorch {

/// exp(x) within two units in the last place for x in -87..88, clamped outside. It has no branch
/// and no call, so that the compiler vectorizes loops over it. Computes 2^n e^r, r in +-ln(2)/2,
/// with the polynomial of Cephes' expf.
[[gnu::always_inline]] inline float fast_exp(float x) {
  constexpr float kShift = 12582912.f;  // 1.5 * 2^23: adding it rounds to an integer
  x = std::min(std::max(x, -87.3f), 88.3f);
  const float shifted = x * 1.44269504f + kShift;
  const float n = shifted - kShift;
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  const float mantissa = p * (r * r) + r + 1;
  const auto bits = std::bit_cast<std::uint32_t>(shifted) << 23;  // n as the exponent bits
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(mantissa) + bits);
}

}  // namespace gsttorch
