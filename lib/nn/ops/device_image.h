// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include "lib/cuda/color_conversion.h"
#include "lib/cuda/cuda_library.h"
#include "lib/engine/image.h"

namespace gsttorch {

/// The result of image_to_tensor(), computed on `device`: the image's bytes are copied unconverted
/// (NV12: 1.5 bytes per pixel instead of 12) and `kernels` convert them there. Float32
/// [1, 3, H, W], channels-last. Does not wait for the device.
at::Tensor image_to_device_tensor(const ImageView& image, const PixelScale& scale,
                                  c10::Device device, CudaLibrary& kernels);

}  // namespace gsttorch
