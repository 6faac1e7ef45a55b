// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <functional>
#include <map>
#include <string>

#include <ATen/core/Tensor.h>

namespace gsttorch {

/// A model's tensors by key, on the CPU. They may lie in a mapped file: never write to them.
using StateDict = std::map<std::string, at::Tensor, std::less<>>;

enum class WeightsContent {
  Values,  ///< tensors with their elements
  Shapes,  ///< tensors of the meta device: what can be told from the file's headers
};

}  // namespace gsttorch
