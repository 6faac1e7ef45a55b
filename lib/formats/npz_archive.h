// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lib/base/result.h"

namespace gsttorch {

/// An array for an archive, in memory owned by the caller: rows of equal size at a constant stride.
struct NpzArray {
  std::string name;                  ///< key in the result of numpy.load
  std::string type;                  ///< NumPy's name of the type: "<f4"
  std::vector<std::uint64_t> shape;  ///< slowest dimension first
  const void* data = nullptr;        ///< the first row; need not be aligned
  std::uint64_t rows = 0;
  std::size_t row_bytes = 0;
  std::ptrdiff_t stride_bytes = 0;  ///< from one row to the next

  const std::byte* row(std::uint64_t y) const {
    return static_cast<const std::byte*>(data) + static_cast<std::ptrdiff_t>(y) * stride_bytes;
  }
  std::uint64_t bytes() const { return rows * row_bytes; }
};

/// Larger zip files need another format (zip64).
inline constexpr std::uint64_t kMaxNpzBytes = 0xffff0000;

/// Size in bytes of an archive of these arrays.
std::uint64_t npz_archive_bytes(std::span<const NpzArray> arrays);

/// Writes a file for numpy.load: a zip archive, not compressed; the same arrays give the same
/// bytes. The limit is kMaxNpzBytes. The file gets its name once it is complete.
Result<void> write_npz_archive(const std::string& path, std::span<const NpzArray> arrays);

}  // namespace gsttorch
