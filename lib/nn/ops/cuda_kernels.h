// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <c10/core/Device.h>

#include "lib/cuda/cuda_library.h"

namespace gsttorch {

/// Our CUDA kernels; null if they were not built. The first call loads them.
CudaLibrary* cuda_kernels();

/// The calling thread's stream (a cudaStream_t) on a CUDA device; null for other devices.
void* current_stream(c10::Device device);

}  // namespace gsttorch
