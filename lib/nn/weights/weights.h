// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "lib/base/result.h"
#include "lib/nn/weights/state_dict.h"

namespace gsttorch {

enum class KeyPrefix {
  Strip,  ///< take a leading `module.` (DataParallel) or `matcher.` (LoFTR's trainer) off
  Keep,   ///< keys as they stand in the file
};

/// Reads a weights file of any kind this project knows, told by its content: safetensors (mapped),
/// torch.save's zip container, and its older one. The state dict may stand at the top level or
/// under `state_dict`, `model_state_dict` or `model`; a `module.` or `matcher.` prefix is taken
/// off. Errors name the file: NotFound, Corrupt, Refused (a pickle that asks for code).
Result<StateDict> read_weights(const std::string& path, KeyPrefix prefix = KeyPrefix::Strip,
                               WeightsContent content = WeightsContent::Values);

/// Numbers that were trained: all but a normalisation's statistics.
std::size_t count_parameters(const StateDict& state);

/// The strings beside the tensors of a safetensors file; none in a file of another kind.
Result<std::map<std::string, std::string>> read_weights_metadata(const std::string& path);

}  // namespace gsttorch
