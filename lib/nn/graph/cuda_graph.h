// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <memory>

namespace gsttorch {

/// A CUDA graph of LibTorch; it owns the memory that it works in. It needs LibTorch's CUDA half,
/// which the engine does not link, and is therefore in a separate library, libgsttorch-graph.so.
/// CUDA errors are thrown as LibTorch throws them. Not thread-safe.
class CudaGraph {
 public:
  virtual ~CudaGraph() = default;

  /// From now on, work that this thread submits to its current stream (which must not be the
  /// default stream) is recorded instead of executed. Other threads are not affected. `shared`, or
  /// null: a graph whose memory this one may reuse, because the two are never replayed at the same
  /// time.
  virtual void begin(CudaGraph* shared) = 0;
  virtual void end() = 0;

  /// Executes the recorded work on the thread's current stream.
  virtual void replay() = 0;
};

using CudaGraphEntry = std::unique_ptr<CudaGraph> (*)();

/// Returns a function that creates an empty graph, or null if the library does not exist. The first
/// call loads the library; LibTorch's CUDA half must be loaded before it.
CudaGraphEntry cuda_graph_entry();

}  // namespace gsttorch
