// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <vector>

#include "lib/cuda/color_conversion.h"
#include "lib/engine/image.h"

namespace gsttorch {

/// One row of an image, one plane per channel: R, G, B in 0..1 after read_unit_rgb().
struct PixelRow {
  explicit PixelRow(int width) : a(width), b(width), c(width) {}
  std::vector<float> a, b, c;
};

/// Reads row `y` of the image; `row` has the image's width. See image_to_tensor().
void read_unit_rgb(const ImageView& image, const ColorConversion& conversion, int y, PixelRow& row);

}  // namespace gsttorch
