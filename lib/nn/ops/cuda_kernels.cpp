// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/ops/cuda_kernels.h"

#include <c10/core/impl/VirtualGuardImpl.h>

namespace gsttorch {

// Loaded once: the built kernels cannot change while the process runs.
CudaLibrary* cuda_kernels() {
  static const auto kernels = load_cuda_library();
  return kernels ? *kernels : nullptr;
}

void* current_stream(c10::Device device) {
  if (!device.is_cuda()) return nullptr;
  const c10::impl::VirtualGuardImpl guard(device.type());
  return guard.getStreamNativeHandle(guard.getStream(device));
}

}  // namespace gsttorch
