// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <ATen/core/Tensor.h>

namespace gsttorch {

/// Returns whether an image [1, C, H, W] has no texture: in each channel, the standard deviation of
/// its values, from -1 to 1, is at most one 8-bit level. Looks at a grid of pixels if the image is
/// large.
bool is_flat_image(const at::Tensor& image);

}  // namespace gsttorch
