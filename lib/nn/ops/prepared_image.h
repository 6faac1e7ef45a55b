// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <string>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include "lib/engine/frame_image.h"
#include "lib/nn/ops/image.h"

namespace gsttorch {

/// What makes a frame another size: triangles (an antialiasing linear filter), or means over areas,
/// which is what models trained on OpenCV's INTER_AREA want.
enum class ImageFilter { Triangle, Area };

/// How a model wants a frame: resized to width x height, then padded (replicating the border).
struct ImageRequest {
  std::int64_t width = 0;   ///< pixels, before padding
  std::int64_t height = 0;  ///< pixels, before padding
  std::int64_t left = 0, right = 0, top = 0, bottom = 0;
  PixelScale scale;
  ImageFilter filter = ImageFilter::Triangle;
  c10::Device device = c10::kCPU;
};

/// Names a request: two models that want the same give the same key.
std::string image_key(const ImageRequest& request);

/// The frame as requested, float32 [1, 3, top + height + bottom, left + width + right] (R, G, B),
/// channels-last, on the device. Made once for each frame that keeps what is made from it; never
/// write to it. Throws Failure where the frame cannot be read.
at::Tensor prepared_image(FrameImage& frame, const ImageRequest& request);

}  // namespace gsttorch
