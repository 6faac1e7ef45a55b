// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cuda_runtime_api.h>

#include "lib/cuda/pixel.h"

namespace gsttorch {

/// Launches the conversion of a whole image on the stream; the current device must be the stream's.
cudaError_t launch_convert_image(const PixelSource& source, PixelLayout layout, cudaStream_t stream,
                                 float* out);

}  // namespace gsttorch
