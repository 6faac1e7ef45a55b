// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "lib/engine/thumbnail.h"
#include "tests/support/formula.h"

namespace gsttorch::formula {

/// `shots` of tests/nn/goldens/formula.py: tiles of 4x4 pixels that move one pixel per frame and
/// are replaced at each cut.
inline std::vector<Thumbnail> shots(int count, std::initializer_list<int> cuts) {
  std::vector<Thumbnail> frames(static_cast<std::size_t>(count));
  for (int t = 0; t < count; t++) {
    std::uint32_t shot = 0;
    for (const int cut : cuts) shot += t >= cut;
    std::uint8_t* out = frames[t].rgb.data();
    for (int y = 0; y < Thumbnail::kHeight; y++) {
      for (int x = 0; x < Thumbnail::kWidth; x++) {
        const auto tile = static_cast<std::uint32_t>(y / 4 * 4096 + (x + t) / 4);
        for (std::uint32_t c = 1; c <= 3; c++) *out++ = noise_byte(100 * shot + 1000 * c, tile);
      }
    }
  }
  return frames;
}

}  // namespace gsttorch::formula
