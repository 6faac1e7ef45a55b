// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace gsttorch {

/// Random numbers with mean 0 and deviation 1.
inline std::vector<float> noise(std::mt19937& random, std::int64_t count) {
  std::normal_distribution<float> values;
  std::vector<float> numbers(static_cast<std::size_t>(count));
  for (float& number : numbers) number = values(random);
  return numbers;
}

}  // namespace gsttorch
