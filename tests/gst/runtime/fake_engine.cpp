// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Replaces libgsttorch-engine.so: models without weights on fake devices.
#include "tests/gst/runtime/fake_engine.h"

#include <chrono>
#include <thread>
#include <utility>

#include "lib/engine/engine.h"

namespace gsttorch {
namespace {

class FakeShotModel final : public ShotModel {
 public:
  explicit FakeShotModel(const ModelOptions& options)
      : info_{"fake", options.path, options.device, options.precision, 0} {}

  const ShotModelInfo& info() const override { return info_; }
  Result<Thumbnail> thumbnail(FrameImage&) override { return failure(); }
  Result<std::vector<ShotProbabilities>> probabilities(std::span<const Thumbnail>, std::size_t,
                                                       std::stop_token) override {
    return failure();
  }
  std::size_t workspace(int) const override { return 0; }

 private:
  static Error failure() { return {ErrorCode::Failed, "there is no model"}; }

  ShotModelInfo info_;
};

class FakeEngine final : public Engine {
 public:
  std::string version() const override { return "fake"; }
  std::vector<std::string> devices() override { return {"fake:0", "fake:1"}; }
  Result<std::string> resolve_device(const std::string& device) override {
    return device == "auto" ? "fake:" + std::to_string(state.freest) : device;
  }
  Result<Precision> resolve_precision(const std::string&, Precision precision) override {
    return precision == Precision::Reduced ? Precision::Bf16 : precision;
  }
  Result<std::unique_ptr<FlowModel>> load_flow_model(const ModelOptions&,
                                                     std::stop_token) override {
    return none();
  }
  Result<std::unique_ptr<FeatureModel>> load_feature_model(const ModelOptions&,
                                                           std::stop_token) override {
    return none();
  }
  Result<std::unique_ptr<ShotModel>> load_shot_model(const ModelOptions& options,
                                                     std::stop_token) override {
    if (!others_begin()) return Error{ErrorCode::Failed, "no other load has begun"};
    return std::unique_ptr<ShotModel>(std::make_unique<FakeShotModel>(options));
  }
  Result<std::unique_ptr<MatchModel>> load_match_model(const ModelOptions&,
                                                       std::stop_token) override {
    return none();
  }
  Result<std::vector<WeightEntry>> list_weights(const std::string&) override { return none(); }
  void enter_worker(const std::string&, int operation_threads) override {
    state.worker_threads = operation_threads;
    state.workers++;
  }
  MemoryReport memory(const std::string&) override {
    MemoryReport report;
    report.current = state.used;
    return report;
  }
  void reset_memory_peak(const std::string&) override {}
  void set_memory_limit(const std::string&, std::size_t bytes) override { state.limit = bytes; }
  void fail_allocation_after(std::int64_t) override {}

  FakeEngineState state;

 private:
  // Waits for the other loads; 20 s at most.
  bool others_begin() {
    state.loads_begun++;
    for (int i = 0; i < 20000 && state.loads_begun < state.loads_together; i++) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return state.loads_begun >= state.loads_together;
  }

  static Error none() { return {ErrorCode::Failed, "the fake engine has no such model"}; }
};

FakeEngine& fake_engine() {
  static auto& engine = *new FakeEngine;
  return engine;
}

}  // namespace
}  // namespace gsttorch

extern "C" __attribute__((visibility("default"))) gsttorch::Engine* entry() __asm__(
    GSTTORCH_ENGINE_ENTRY);
gsttorch::Engine* entry() { return &gsttorch::fake_engine(); }

extern "C" __attribute__((visibility("default"))) gsttorch::FakeEngineState* state() __asm__(
    "fake_engine_state");
gsttorch::FakeEngineState* state() { return &gsttorch::fake_engine().state; }
