// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/base/runtime_library.h"

namespace gsttorch {

/// The directory of the LibTorch that is mapped into this process; empty: there is none. Its CUDA
/// half must be the one beside it.
std::string loaded_torch_directory();

/// Loads LibTorch's CUDA half (about a gigabyte with what it needs, which a machine without a GPU
/// never maps), whereupon it registers itself with the other half. An error names the first library
/// that is missing. Never unloaded. Thread-safe; a failure is not remembered.
Result<void> load_torch_cuda(const std::string& file);

/// CUDA graphs of LibTorch, which the engine opens once LibTorch's CUDA half is there.
inline constexpr RuntimeLibrary kGraphLibrary{
    "libgsttorch-graph.so", "GST_TORCH_GRAPH_LIBRARY", "gsttorch_graph_1",
    "build it with the CUDA toolkit (tools/setup gets it)"};

}  // namespace gsttorch
