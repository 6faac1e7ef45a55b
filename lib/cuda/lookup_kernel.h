// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cuda_runtime_api.h>

#include "lib/cuda/kernel_parameters.h"

namespace gsttorch {

/// Launches a lookup on the stream; the current device must be the stream's. out [B, pixels,
/// channels].
cudaError_t launch_lookup(const CorrelationLookup& lookup, cudaStream_t stream, float* out);

}  // namespace gsttorch
