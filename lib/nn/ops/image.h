// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "lib/cuda/color_conversion.h"
#include "lib/engine/image.h"

namespace gsttorch {

/// Converts the image to float32 [1, 3, H, W] (R, G, B) on the CPU, channels-last.
///
/// Y'CbCr is converted with the view's matrix and range; each chroma sample applies to all pixels
/// that it covers (no interpolation), alpha is ignored, grey fills all three channels. R'G'B' is
/// clipped to 0..1. Strides may be arbitrary and sizes odd.
at::Tensor image_to_tensor(const ImageView& image, const PixelScale& scale);

/// Resizes so that both pixel grids cover the same area ((x + 0.5) s - 0.5), with an antialiasing
/// filter when it shrinks. x [B, C, H, W].
at::Tensor resize(const at::Tensor& x, std::int64_t height, std::int64_t width);

}  // namespace gsttorch
