// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cuda_runtime_api.h>

#include "lib/cuda/kernel_parameters.h"

namespace gsttorch {

// These launch the work on the stream; the current device must be the stream's. Arrays must have
// fewer than 2^31 elements.
cudaError_t launch_bias_activation(const BiasActivation& work, cudaStream_t stream);
cudaError_t launch_instance_norm(const InstanceNorm& work, cudaStream_t stream);
cudaError_t launch_row_norm(const RowNorm& work, cudaStream_t stream);

}  // namespace gsttorch
