// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/engine.h"

#include <ATen/ATen.h>

#include "lib/engine/torch_version.h"
#include "lib/nn/device.h"
#include "lib/nn/raft/flow_model.h"
#include "lib/nn/threads.h"
#include "lib/nn/weights/weights.h"

namespace gsttorch {
namespace {

class TorchEngine final : public Engine {
 public:
  std::string version() const override { return "LibTorch " GSTTORCH_TORCH_VERSION; }

  std::vector<std::string> devices() override { return available_devices(); }

  Result<std::string> resolve_device(const std::string& name) override {
    const auto device = parse_device(name);
    if (!device) return device.error();
    return device->str();
  }

  Result<std::unique_ptr<FlowModel>> load_flow_model(const ModelOptions& options,
                                                     std::stop_token stop) override {
    return create_flow_model(options, std::move(stop));
  }

  Result<void> check_weights(const std::string& path) override {
    const auto state = read_weights(path, KeyPrefix::Strip, WeightsContent::Shapes);
    if (!state) return state.error();
    return {};
  }

  Result<std::vector<WeightEntry>> list_weights(const std::string& path) override {
    const auto state = read_weights(path, KeyPrefix::Keep, WeightsContent::Shapes);
    if (!state) return state.error();
    std::vector<WeightEntry> entries;
    for (const auto& [key, tensor] : *state) {
      entries.push_back({key, tensor.sizes().vec(), c10::toString(tensor.scalar_type())});
    }
    return entries;
  }

  void set_operation_threads(int count) override { gsttorch::set_operation_threads(count); }

  MemoryReport memory(const std::string&) override { return {}; }
  void reset_memory_peak(const std::string&) override {}
  void set_memory_limit(const std::string&, std::size_t) override {}
  void fail_allocation_after(std::int64_t) override {}
};

}  // namespace

Engine* torch_engine() {
  static TorchEngine engine;
  return &engine;
}

}  // namespace gsttorch
