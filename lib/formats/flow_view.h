// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>

namespace gsttorch {

enum class FlowElement { Float32, Float16 };

/// One displacement in pixels.
struct FlowVector {
  float x = 0;
  float y = 0;

  /// False if the vector is unknown, as marked in ground truth: NaN, or a component beyond 1e9.
  bool is_known() const;
};

/// A flow array [height, width, 2] of (x, y) in host memory owned by the caller; valid during the
/// call that it is passed to. Rows need not be aligned.
struct FlowView {
  const void* data = nullptr;
  int width = 0;
  int height = 0;
  FlowElement type = FlowElement::Float32;
  std::ptrdiff_t stride = 0;  ///< bytes from one row to the next; 0: rows are packed

  std::size_t vector_bytes() const { return type == FlowElement::Float16 ? 4 : 8; }
  std::size_t row_bytes() const { return vector_bytes() * static_cast<std::size_t>(width); }
  const std::uint8_t* row(int y) const;
  bool is_packed() const {
    return stride == 0 || stride == static_cast<std::ptrdiff_t>(row_bytes());
  }
  /// Size of all rows when packed.
  std::size_t packed_bytes() const { return row_bytes() * static_cast<std::size_t>(height); }

  FlowVector at(int x, int y) const;

  /// Reads row y as float32: `width` pairs, so 2 * width numbers.
  void read_row(int y, float* pairs) const;
};

/// Converts the bits of an IEEE half to single precision, exactly.
float half_to_float(std::uint16_t bits);

}  // namespace gsttorch
