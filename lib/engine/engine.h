// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/core/result.h"
#include "lib/engine/flow_model.h"

namespace gsttorch {

struct ModelOptions {
  std::string path;             ///< weights: .safetensors, .pth, .pt or .ckpt
  std::string device = "auto";  ///< "auto", "cpu", "cuda" or "cuda:N"
};

struct WeightEntry {
  std::string key;
  std::vector<std::int64_t> shape;
  std::string type;
};

/// The door between the torch-free world and LibTorch. One per process; thread-safe.
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

  virtual Result<std::unique_ptr<FlowModel>> load_flow_model(const ModelOptions& options) = 0;

  /// What a weights file holds, keys as they stand in the file.
  virtual Result<std::vector<WeightEntry>> list_weights(const std::string& path) = 0;
};

/// Number in the name of the engine library's entry point: changes with every class above.
#define GSTTORCH_ENGINE_ENTRY "gsttorch_engine_1"
using EngineEntry = Engine* (*)();

}  // namespace gsttorch
