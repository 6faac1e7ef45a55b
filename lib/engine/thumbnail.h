// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <array>
#include <cstdint>

namespace gsttorch {

/// A frame made small by averaging over areas, whatever its shape was: 8-bit R G B, [27, 48, 3].
/// It is what TransNetV2 sees, and what light, flashes and fades are told by.
struct Thumbnail {
  static constexpr int kWidth = 48;
  static constexpr int kHeight = 27;
  std::array<std::uint8_t, std::size_t{kWidth} * kHeight * 3> rgb{};

  bool operator==(const Thumbnail&) const = default;
};

}  // namespace gsttorch
