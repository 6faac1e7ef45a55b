// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <initializer_list>
#include <stop_token>
#include <string>
#include <utility>

#include <ATen/core/Tensor.h>

#include "lib/nn/base/precision.h"
#include "lib/nn/weights/state_dict.h"

namespace gsttorch {

/// The tensors of one module of a model, taken by their names below it and checked as they are
/// taken. `weights / "layer1" / "0"` is the module layer1.0. Cheap to copy; borrows the state dict.
/// Every failure is a Failure(WrongArchitecture) that names the key, and the shapes asked and
/// found; Failure(Cancelled) once the load is asked to stop.
class ModuleWeights {
 public:
  ModuleWeights(const StateDict& state, ComputeTarget target, std::stop_token stop = {})
      : state_(&state), target_(target), stop_(std::move(stop)) {}

  ModuleWeights operator/(const std::string& name) const;

  bool has(const std::string& name) const;
  c10::Device device() const { return target_.device; }

  /// The tensor as float32 on the device. A size of -1 in `shape` stands for any: that is how
  /// widths are read from a file.
  at::Tensor take(const std::string& name, std::initializer_list<std::int64_t> shape) const;

  /// What convolutions made of these are to compute in.
  c10::ScalarType compute_type() const { return target_.type; }

 private:
  const StateDict* state_;
  ComputeTarget target_;
  std::stop_token stop_;
  std::string prefix_;
};

}  // namespace gsttorch
