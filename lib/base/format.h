// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <algorithm>
#include <cstdio>
#include <string>

namespace gsttorch {

/// Formats like printf; truncates the result to 255 bytes.
template <typename... Values>
std::string format(const char* pattern, Values... values) {
  char text[256];
  const int size = std::snprintf(text, sizeof text, pattern, values...);
  return std::string(text, std::clamp<int>(size, 0, sizeof text - 1));
}

}  // namespace gsttorch
