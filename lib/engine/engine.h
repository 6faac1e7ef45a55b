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
  /// Properties of the weights from the manifest; those in the weights file take precedence.
  std::map<std::string, std::string> properties = {};
};

struct WeightEntry {
  std::string key;
  std::vector<std::int64_t> shape;
  std::string type;
};

/// The ABI boundary between torch-free code and LibTorch. One instance per process; thread-safe. No
/// exception crosses it: every failure is an Error.
class Engine {
 public:
  virtual ~Engine() = default;

  /// "LibTorch 2.15.0", for people.
  virtual std::string version() const = 0;

  /// The values that `device=` accepts on this machine: "cpu", then "cuda:0" and so on.
  virtual std::vector<std::string> devices() = 0;

  /// Returns the device that the user's value selects. If "cuda" is requested and no CUDA device is
  /// usable, returns an error with the cause; never falls back to the CPU.
  virtual Result<std::string> resolve_device(const std::string& device) = 0;

  /// Returns the data type that the user's value selects on a device from `resolve_device`: Fp32,
  /// Fp16 or Bf16.
  virtual Result<Precision> resolve_precision(const std::string& device, Precision precision) = 0;

  /// A stop request cancels loading between two tensors with ErrorCode::Cancelled.
  virtual Result<std::unique_ptr<FlowModel>> load_flow_model(const ModelOptions& options,
                                                             std::stop_token stop = {}) = 0;

  virtual Result<std::unique_ptr<FeatureModel>> load_feature_model(const ModelOptions& options,
                                                                   std::stop_token stop = {}) = 0;

  virtual Result<std::unique_ptr<ShotModel>> load_shot_model(const ModelOptions& options,
                                                             std::stop_token stop = {}) = 0;

  virtual Result<std::unique_ptr<MatchModel>> load_match_model(const ModelOptions& options,
                                                               std::stop_token stop = {}) = 0;

  /// Lists the tensors in a weights file, with the keys of the file.
  virtual Result<std::vector<WeightEntry>> list_weights(const std::string& path) = 0;

  /// Makes the calling thread a worker for a device ("cpu", "cuda:0"): each operation may use up to
  /// `operation_threads` threads (0: as many as there are cores), and on CUDA its work runs on a
  /// stream of its own. A call to a model returns when its work is done, whichever worker calls it.
  virtual void enter_worker(const std::string& device, int operation_threads) = 0;

  /// Reports the memory that the tensors of a device ("cpu", "cuda:0") use now.
  virtual MemoryReport memory(const std::string& device) = 0;
  /// Resets the peak to the current use, overall and for each stage.
  virtual void reset_memory_peak(const std::string& device) = 0;
  /// Allocating tensors beyond `bytes` fails with ErrorCode::OutOfMemory. 0: no limit.
  virtual void set_memory_limit(const std::string& device, std::size_t bytes) = 0;
  /// For tests of failing allocations: after `allocations` more allocations on the CPU, one fails
  /// as if memory were exhausted; later ones succeed again. Negative: none fails.
  virtual void fail_allocation_after(std::int64_t allocations) = 0;
};

/// The number in the entry point's name increases with every change of a class above.
#define GSTTORCH_ENGINE_ENTRY "gsttorch_engine_8"
using EngineEntry = Engine* (*)();

}  // namespace gsttorch
