// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "lib/engine/thumbnail.h"

namespace gsttorch {

/// Converts images, float32 [B, 3, kHeight, kWidth], R G B in 0..1, to thumbnails, rounded to 8
/// bits.
std::vector<Thumbnail> to_thumbnails(const at::Tensor& images);

}  // namespace gsttorch
