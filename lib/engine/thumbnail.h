// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <array>
#include <cstdint>

namespace gsttorch {

/// A frame downscaled by area resampling, with its aspect ratio ignored: 8-bit R G B, [27, 48, 3].
/// TransNetV2's input; brightness, flashes and fades are also detected in it.
struct Thumbnail {
  static constexpr int kWidth = 48;
  static constexpr int kHeight = 27;
  std::array<std::uint8_t, std::size_t{kWidth} * kHeight * 3> rgb{};

  bool operator==(const Thumbnail&) const = default;
};

}  // namespace gsttorch
