// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include "lib/base/result.h"
#include "lib/engine/engine.h"

namespace gsttorch {

/// The device of a model and the data type of its convolutions, which take nearly all of the time.
/// Values that accumulate over many steps or are summed over many tokens (attention, similarities,
/// coordinates) are float32 whatever the type.
struct ComputeTarget {
  // Implicit conversion: a device alone means float32 on that device.
  ComputeTarget(c10::Device device, c10::ScalarType type = c10::kFloat)
      : device(device), type(type) {}
  ComputeTarget(c10::DeviceType device) : device(device), type(c10::kFloat) {}

  c10::Device device;
  c10::ScalarType type;
};

/// Features that a device supports at full speed.
struct DeviceAbilities {
  bool is_cuda = false;
  bool has_bf16 = false;
  std::string name;  ///< in messages: "cuda:0 (NVIDIA GeForce RTX 2070, compute capability 7.5)"
};

/// The data type for a requested precision; an error says which one to request instead. Auto is
/// float32: precision is only reduced on request.
Result<c10::ScalarType> compute_type(Precision precision, const DeviceAbilities& device);

Precision precision_of(c10::ScalarType type);

/// The device and data type that the options request.
Result<ComputeTarget> compute_target(const ModelOptions& options);

}  // namespace gsttorch
