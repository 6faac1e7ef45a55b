// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cmath>
#include <string>

#include "tests/support/formula.h"

/// LoFTR's weights from the formula of tests/nn/goldens/loftr_formula.py, bit-identical.
namespace gsttorch::formula {

inline bool is_gain_of_loftr_norm(const std::string& key) {
  for (const char* end : {".1.weight", "bn1.weight", "bn2.weight", "norm1.weight"}) {
    if (key.ends_with(end)) return true;
  }
  return false;
}

/// One element of a tensor. `top` is the last stage of the backbone, whose convolution computes the
/// coarse features.
inline float loftr_weight(const Entry& entry, std::size_t index, int top = 3) {
  const auto i = static_cast<std::uint32_t>(index);
  const std::uint32_t seed = crc32(entry.key);
  const float value = noise(seed, i);
  const auto fan_in =
      static_cast<float>(entry.elements() / static_cast<std::size_t>(entry.shape[0]));
  if (entry.key.ends_with("running_var")) return 1 + 0.5f * value;
  if (entry.key == "backbone.layer" + std::to_string(top) + "_outconv.weight") {
    return (i % 2 ? -noise(seed, i - 1) : value) * (3.f * std::sqrt(3.f / fan_in));
  }
  if (entry.shape.size() >= 2) return value * std::sqrt(3.f / fan_in);
  if (entry.key.ends_with("norm2.weight")) return 0.2f * (1 + 0.2f * value);
  if (is_gain_of_loftr_norm(entry.key)) return 1 + 0.2f * value;
  return 0.1f * value;
}

}  // namespace gsttorch::formula
