// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/result.h"

namespace gsttorch {

/// Returns NumPy's array header, format 1.0: magic, version, length, a Python dictionary; its size
/// is a multiple of 64 bytes, so that the data can be mapped. `type` is NumPy's name of it: "<f4".
std::string npy_header(const std::string& type, const std::vector<std::uint64_t>& shape);

/// A float32 array [height, width] in host memory owned by the caller, rows packed.
struct MapView {
  const void* data = nullptr;  ///< need not be aligned
  int width = 0;
  int height = 0;

  std::uint64_t bytes() const {
    return sizeof(float) * static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height);
  }
};

/// Writes a file for numpy.load: one array of shape (height, width). The file gets its name once it
/// is complete.
Result<void> write_npy_file(const std::string& path, const MapView& map);

/// Size in bytes of such a file.
std::uint64_t npy_file_bytes(const MapView& map);

}  // namespace gsttorch
