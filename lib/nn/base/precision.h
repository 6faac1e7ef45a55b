// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include "lib/base/result.h"
#include "lib/engine/engine.h"

namespace gsttorch {

/// Where a model computes, and in which type its convolutions do: they take nearly all of the time.
/// What follows from one another over many steps, or is summed over many tokens (attention,
/// similarities, coordinates), is float32 whatever the type.
struct ComputeTarget {
  // Not explicit: a device alone stands for float32 on it.
  ComputeTarget(c10::Device device, c10::ScalarType type = c10::kFloat)
      : device(device), type(type) {}
  ComputeTarget(c10::DeviceType device) : device(device), type(c10::kFloat) {}

  c10::Device device;
  c10::ScalarType type;
};

/// What a device can do fast.
struct DeviceAbilities {
  bool is_cuda = false;
  bool has_bf16 = false;
  std::string name;  ///< for people: "cuda:0 (NVIDIA GeForce RTX 2070, compute capability 7.5)"
};

/// The type that a user's word stands for; an error says what to ask for instead. Auto is float32:
/// nobody loses digits unasked.
Result<c10::ScalarType> compute_type(Precision precision, const DeviceAbilities& device);

Precision precision_of(c10::ScalarType type);

/// The device and the type of what a user asked for.
Result<ComputeTarget> compute_target(const ModelOptions& options);

}  // namespace gsttorch
