// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/engine/feature_model.h"
#include "lib/engine/flow_model.h"
#include "lib/engine/match_model.h"
#include "lib/engine/memory_report.h"
#include "lib/engine/precision.h"
#include "lib/engine/shot_model.h"

namespace gsttorch {

struct ModelOptions {
  std::string path;             ///< weights: .safetensors, .pth, .pt or .ckpt
  std::string device = "auto";  ///< "auto", "cpu", "cuda" or "cuda:N"
  Precision precision = Precision::Auto;
  /// What the manifest says of the weights; what the file itself says comes first.
  std::map<std::string, std::string> properties = {};
};

struct WeightEntry {
  std::string key;
  std::vector<std::int64_t> shape;
  std::string type;
};

/// The ABI boundary between torch-free code and LibTorch. One per process; thread-safe.
/// Nothing that is thrown behind it comes out: every failure is an Error.
class Engine {
 public:
  virtual ~Engine() = default;

  /// "LibTorch 2.15.0", for people.
  virtual std::string version() const = 0;

  /// The devices that `device=` accepts on this machine: "cpu", then "cuda:0" and so on.
  virtual std::vector<std::string> devices() = 0;

  /// The device that a user's word stands for. "cuda" with no usable CUDA device is an error that
  /// says why, never the CPU.
  virtual Result<std::string> resolve_device(const std::string& device) = 0;

  /// `stop` ends a load between two tensors with ErrorCode::Cancelled.
  virtual Result<std::unique_ptr<FlowModel>> load_flow_model(const ModelOptions& options,
                                                             std::stop_token stop = {}) = 0;

  virtual Result<std::unique_ptr<FeatureModel>> load_feature_model(const ModelOptions& options,
                                                                   std::stop_token stop = {}) = 0;

  virtual Result<std::unique_ptr<ShotModel>> load_shot_model(const ModelOptions& options,
                                                             std::stop_token stop = {}) = 0;

  virtual Result<std::unique_ptr<MatchModel>> load_match_model(const ModelOptions& options,
                                                               std::stop_token stop = {}) = 0;

  /// What a weights file holds, keys as they stand in the file.
  virtual Result<std::vector<WeightEntry>> list_weights(const std::string& path) = 0;

  /// Makes the calling thread a worker for work on a device ("cpu", "cuda:0"): one operation may
  /// use so many threads (0: as many as there are cores), and on CUDA its work goes to a stream of
  /// its own. A call of a model returns when its work is done, whatever worker it is called from.
  virtual void enter_worker(const std::string& device, int operation_threads) = 0;

  /// What the tensors of a device ("cpu", "cuda:0") take now.
  virtual MemoryReport memory(const std::string& device) = 0;
  /// Makes the present use the peak, overall and of each stage.
  virtual void reset_memory_peak(const std::string& device) = 0;
  /// Tensors beyond so many bytes are ErrorCode::OutOfMemory. 0: no limit.
  virtual void set_memory_limit(const std::string& device, std::size_t bytes) = 0;
  /// For tests of failing allocations: after so many more allocations on the CPU one fails as if
  /// memory were exhausted, then all is as before. Negative: none fails.
  virtual void fail_allocation_after(std::int64_t allocations) = 0;
};

/// Number in the name of the engine library's entry point: changes with every class above.
#define GSTTORCH_ENGINE_ENTRY "gsttorch_engine_7"
using EngineEntry = Engine* (*)();

}  // namespace gsttorch
