// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/cuda/cuda_library.h"

#include "lib/base/runtime_library.h"

namespace gsttorch {

Result<CudaLibrary*> load_cuda_library() {
  constexpr RuntimeLibrary kLibrary{"libgsttorch-cuda.so", "GST_TORCH_CUDA_LIBRARY",
                                    GSTTORCH_CUDA_ENTRY,
                                    "build it with the CUDA toolkit (tools/setup gets it)"};
  const auto entry = open_runtime_library(kLibrary);
  if (!entry) return entry.error();
  return reinterpret_cast<CudaEntry>(*entry)();
}

}  // namespace gsttorch
