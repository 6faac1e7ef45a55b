// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gsttorch {

/// Reads a number of up to eight bytes, the most significant byte first.
inline std::uint64_t from_big_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

/// Returns the low `count` bytes of a number, the most significant byte first.
inline std::string to_big_endian(std::uint64_t number, int count) {
  std::string bytes;
  for (int i = count - 1; i >= 0; i--) bytes += static_cast<char>(number >> (8 * i));
  return bytes;
}

}  // namespace gsttorch
