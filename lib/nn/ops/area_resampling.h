// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "lib/cuda/color_conversion.h"
#include "lib/engine/image.h"

namespace gsttorch {

/// Area resampling (OpenCV's INTER_AREA): each output pixel is the mean of the input pixels that it
/// covers, partly covered ones in proportion. A side that grows is interpolated linearly.
/// x [B, C, H, W], any device -> [B, C, height, width].
at::Tensor resize_area(const at::Tensor& x, std::int64_t height, std::int64_t width);

/// resize_area(image_to_tensor(image, scale), height, width) on the CPU, in one pass over the image
/// and without a float copy of the whole image. Channels-last.
at::Tensor image_to_area_tensor(const ImageView& image, const PixelScale& scale,
                                std::int64_t height, std::int64_t width);

}  // namespace gsttorch
