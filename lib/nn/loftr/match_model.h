// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <memory>
#include <stop_token>

#include "lib/base/result.h"
#include "lib/engine/engine.h"

namespace gsttorch {

/// Reads the weights, detects the LoFTR variant, and loads the model on its device. Checks `stop`
/// before each tensor.
Result<std::unique_ptr<MatchModel>> create_match_model(const ModelOptions& options,
                                                       std::stop_token stop = {});

}  // namespace gsttorch
