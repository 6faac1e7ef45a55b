// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <optional>
#include <string>

#include "lib/base/result.h"
#include "tools/gst-torch/support/settings.h"
#include "tools/gst-torch/support/stages.h"

namespace gsttorch {

/// Those that a list "scenes,flow" names, in the order of the pipeline; without a list, those that
/// can run here and those that run always.
Result<Stages> choose_stages(const std::optional<std::string>& list);

/// The weights that a stage runs with: a name or a file.
std::string stage_model(const Stage& stage, const FlowSettings& flow);

/// The same as a file; an Error says how to get it.
Result<std::string> stage_weights(const Stage& stage, const FlowSettings& flow);

}  // namespace gsttorch
