// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include "lib/cuda/color_conversion.h"
#include "lib/cuda/cuda_library.h"
#include "lib/engine/image.h"

namespace gsttorch {

/// What image_to_tensor() gives, made on `device`: the image's bytes travel as they are
/// (NV12: 1.5 for a pixel instead of 12) and are converted there by `kernels`. Float32 [1, 3, H,
/// W], channels-last. Waits for nothing on the device.
at::Tensor image_to_device_tensor(const ImageView& image, const PixelScale& scale,
                                  c10::Device device, CudaLibrary& kernels);

}  // namespace gsttorch
