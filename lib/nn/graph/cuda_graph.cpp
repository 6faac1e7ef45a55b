// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/graph/cuda_graph.h"

#include "lib/device/cuda_libraries.h"

namespace gsttorch {

CudaGraphEntry cuda_graph_entry() {
  static const CudaGraphEntry entry = [] {
    const auto found = open_runtime_library(kGraphLibrary);
    return found ? reinterpret_cast<CudaGraphEntry>(*found) : nullptr;
  }();
  return entry;
}

}  // namespace gsttorch
