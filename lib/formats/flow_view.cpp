// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/formats/flow_view.h"

#include <bit>
#include <cmath>
#include <cstring>

namespace gsttorch {
namespace {

constexpr float kUnknown = 1e9f;  // the .flo format's threshold

// Shifted into place, the half's exponent has the wrong bias for a float: a multiplication corrects
// the bias and normalises subnormal numbers. Branch-free, so that the compiler vectorises rows.
inline float convert(std::uint16_t bits) {
  const std::uint32_t magnitude = static_cast<std::uint32_t>(bits & 0x7fff) << 13;
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000) << 16;
  const std::uint32_t finite =
      std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) * 0x1p112f);
  const std::uint32_t special = magnitude | 0x7f800000u;  // infinity or NaN
  return std::bit_cast<float>(((bits & 0x7c00) == 0x7c00 ? special : finite) | sign);
}

}  // namespace

float half_to_float(std::uint16_t bits) { return convert(bits); }

bool FlowVector::is_known() const { return std::fabs(x) <= kUnknown && std::fabs(y) <= kUnknown; }

const std::uint8_t* FlowView::row(int y) const {
  const std::ptrdiff_t step = stride ? stride : static_cast<std::ptrdiff_t>(row_bytes());
  return static_cast<const std::uint8_t*>(data) + step * y;
}

FlowVector FlowView::at(int x, int y) const {
  const std::uint8_t* p = row(y) + vector_bytes() * static_cast<std::size_t>(x);
  if (type == FlowElement::Float16) {
    std::uint16_t halves[2];
    std::memcpy(halves, p, sizeof halves);
    return {convert(halves[0]), convert(halves[1])};
  }
  FlowVector vector;
  std::memcpy(&vector, p, sizeof vector);
  return vector;
}

void FlowView::read_row(int y, float* pairs) const {
  const std::uint8_t* p = row(y);
  if (type == FlowElement::Float32) {
    std::memcpy(pairs, p, row_bytes());
    return;
  }
  for (std::ptrdiff_t i = 0; i < std::ptrdiff_t{2} * width; i++) {
    std::uint16_t half;
    std::memcpy(&half, p + 2 * i, sizeof half);
    pairs[i] = convert(half);
  }
}

}  // namespace gsttorch
