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

/// How a frame is resized: with a triangle filter (antialiased linear) or by area resampling, which
/// models trained with OpenCV's INTER_AREA expect.
enum class ImageFilter { Triangle, Area };

/// The input that a model needs: the frame resized to width x height, then padded (replicating the
/// border).
struct ImageRequest {
  std::int64_t width = 0;   ///< pixels, before padding
  std::int64_t height = 0;  ///< pixels, before padding
  std::int64_t left = 0, right = 0, top = 0, bottom = 0;
  PixelScale scale;
  ImageFilter filter = ImageFilter::Triangle;
  c10::Device device = c10::kCPU;
};

/// A key for a request: two models with equal requests get the same key.
std::string image_key(const ImageRequest& request);

/// The frame as requested, float32 [1, 3, top + height + bottom, left + width + right] (R, G, B),
/// channels-last, on the device. It is computed once per frame if the frame caches derived data;
/// never write to it. Throws Failure if the frame cannot be read.
at::Tensor prepared_image(FrameImage& frame, const ImageRequest& request);

}  // namespace gsttorch
