// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace gsttorch {

/// An array that NumPy saved, whatever its floating-point type was.
struct NpyArray {
  std::vector<std::uint64_t> shape;  ///< slowest dimension first
  std::vector<float> values;         ///< rows packed
};

/// Reads the contents of a .npy file (formats 1.0 to 3.0) of type float16, float32 or float64, in
/// C order. `name` stands for the file in the message of an Error.
Result<NpyArray> parse_npy(std::string_view bytes, const std::string& name);

}  // namespace gsttorch
