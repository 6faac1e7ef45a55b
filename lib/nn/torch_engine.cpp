// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/torch_engine.h"

#include <ATen/ATen.h>

#include "lib/engine/torch_version.h"
#include "lib/nn/base/device.h"
#include "lib/nn/base/operation_threads.h"
#include "lib/nn/base/precision.h"
#include "lib/nn/loftr/match_model.h"
#include "lib/nn/memory/cpu_memory.h"
#include "lib/nn/memory/device_memory.h"
#include "lib/nn/raft/flow_model.h"
#include "lib/nn/resnet/feature_model.h"
#include "lib/nn/transnet/shot_model.h"
#include "lib/nn/weights/weights.h"

namespace gsttorch {
namespace {

class TorchEngine final : public Engine {
 public:
  TorchEngine() { install_counting_allocator(); }

  std::string version() const override { return "LibTorch " GSTTORCH_TORCH_VERSION; }

  std::vector<std::string> devices() override { return available_devices(); }

  Result<std::string> resolve_device(const std::string& name) override {
    const auto device = parse_device(name);
    if (!device) return device.error();
    return device->str();
  }

  Result<Precision> resolve_precision(const std::string& device, Precision precision) override {
    const auto target = compute_target({.path = "", .device = device, .precision = precision});
    if (!target) return target.error();
    return precision_of(target->type);
  }

  Result<std::unique_ptr<FlowModel>> load_flow_model(const ModelOptions& options,
                                                     std::stop_token stop) override {
    return create_flow_model(options, std::move(stop));
  }

  Result<std::unique_ptr<FeatureModel>> load_feature_model(const ModelOptions& options,
                                                           std::stop_token stop) override {
    return create_feature_model(options, std::move(stop));
  }

  Result<std::unique_ptr<ShotModel>> load_shot_model(const ModelOptions& options,
                                                     std::stop_token stop) override {
    return create_shot_model(options, std::move(stop));
  }

  Result<std::unique_ptr<MatchModel>> load_match_model(const ModelOptions& options,
                                                       std::stop_token stop) override {
    return create_match_model(options, std::move(stop));
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

  void enter_worker(const std::string& device, int operation_threads) override {
    set_operation_threads(operation_threads);
    take_own_stream(device);
  }

  MemoryReport memory(const std::string& device) override { return device_memory(device); }
  void reset_memory_peak(const std::string& device) override { reset_device_memory_peak(device); }
  void set_memory_limit(const std::string& device, std::size_t bytes) override {
    set_device_memory_limit(device, bytes);
  }
  void fail_allocation_after(std::int64_t allocations) override {
    fail_cpu_allocation_after(allocations);
  }
};

}  // namespace

Engine* torch_engine() {
  static TorchEngine engine;
  return &engine;
}

}  // namespace gsttorch
