// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <c10/core/Device.h>

#include "lib/cuda/cuda_library.h"

namespace gsttorch {

/// Our kernels; null where they are not built. Loaded by the first call.
CudaLibrary* cuda_kernels();

/// The stream (a cudaStream_t) of the calling thread on a CUDA device; null on another device.
void* current_stream(c10::Device device);

}  // namespace gsttorch
