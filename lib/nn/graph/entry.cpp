// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <ATen/cuda/CUDAGraph.h>

#include "lib/nn/graph/cuda_graph.h"

namespace gsttorch {
namespace {

class TorchGraph final : public CudaGraph {
 public:
  void begin(CudaGraph* shared) override {
    auto* other = static_cast<TorchGraph*>(shared);
    const at::MempoolId_t pool = other ? other->graph_.pool() : at::MempoolId_t{0, 0};
    graph_.capture_begin(pool, cudaStreamCaptureModeThreadLocal);
  }
  void end() override { graph_.capture_end(); }
  void replay() override { graph_.replay(); }

 private:
  at::cuda::CUDAGraph graph_;
};

}  // namespace
}  // namespace gsttorch

extern "C" __attribute__((visibility("default"))) std::unique_ptr<gsttorch::CudaGraph>
gsttorch_graph_1() {
  return std::make_unique<gsttorch::TorchGraph>();
}
