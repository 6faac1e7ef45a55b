// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/result.h"

namespace gsttorch {

/// NumPy's array header, format 1.0: magic, version, length, a Python dictionary; 64 bytes or a
/// multiple of it, so that what follows can be mapped. `type` is NumPy's name of it: "<f4".
std::string npy_header(const std::string& type, const std::vector<std::uint64_t>& shape);

/// Float32 [height, width] in host memory that somebody else owns, rows packed.
struct MapView {
  const void* data = nullptr;  ///< need not be aligned
  int width = 0;
  int height = 0;

  std::uint64_t bytes() const {
    return sizeof(float) * static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height);
  }
};

/// Writes what numpy.load reads: one array of shape (height, width). The name appears once the file
/// is whole.
Result<void> write_npy_file(const std::string& path, const MapView& map);

/// Bytes of such a file.
std::uint64_t npy_file_bytes(const MapView& map);

}  // namespace gsttorch
