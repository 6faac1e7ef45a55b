// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <memory>

namespace gsttorch {

/// A CUDA graph of LibTorch, which holds the memory that it works in. Needs LibTorch's CUDA half,
/// which the engine does not link: so it lies in a library of its own, libgsttorch-graph.so. What
/// CUDA refuses is thrown as LibTorch throws it. Not thread-safe.
class CudaGraph {
 public:
  virtual ~CudaGraph() = default;

  /// From now on what the thread gives to its current stream, which must not be the default one, is
  /// recorded and not done. Other threads continue as ever. `shared`, or null: a graph whose memory
  /// this one may use too, as the two are never replayed at the same time.
  virtual void begin(CudaGraph* shared) = 0;
  virtual void end() = 0;

  /// Does on the thread's current stream what was recorded.
  virtual void replay() = 0;
};

using CudaGraphEntry = std::unique_ptr<CudaGraph> (*)();

/// Makes an empty graph; null where there is no such library. It is loaded by the first call, once
/// LibTorch's CUDA half is there.
CudaGraphEntry cuda_graph_entry();

}  // namespace gsttorch
