// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace gsttorch {

/// Data type of a model's convolutions: a choice between accuracy and speed.
enum class Precision {
  Auto,     ///< Fp32
  Fp32,     ///< on CUDA devices products have TF32 precision, unless NVIDIA_TF32_OVERRIDE=0
  Fp16,     ///< CUDA devices
  Bf16,     ///< CUDA devices of compute capability 8.0 or later, CPUs with AVX512_BF16
  Reduced,  ///< Fp32 on the CPU; on CUDA devices Bf16, else Fp16
};

inline constexpr std::array<std::string_view, 5> kPrecisionNames{"auto", "fp32", "fp16", "bf16",
                                                                 "reduced"};

constexpr std::string_view name_of(Precision precision) {
  return kPrecisionNames[static_cast<std::size_t>(precision)];
}

constexpr std::optional<Precision> parse_precision(std::string_view name) {
  for (std::size_t i = 0; i < kPrecisionNames.size(); i++) {
    if (name == kPrecisionNames[i]) return static_cast<Precision>(i);
  }
  return std::nullopt;
}

}  // namespace gsttorch
