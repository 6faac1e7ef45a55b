// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "tools/gst-torch/support/settings.h"

namespace gsttorch {

/// A model element that `analyze` puts into its pipeline. A new one is a line in stages.cpp.
struct Stage {
  static constexpr int kAllFrames = -1;

  const char* name;           ///< as users choose it, and as run.json calls it
  const char* element;        ///< its factory
  const char* default_model;  ///< in the manifest
  int frames_before;          ///< how many earlier frames a result depends on
};

using Stages = std::vector<const Stage*>;

/// All there are, in the order in which frames pass them, installed or not.
std::span<const Stage> all_stages();

/// Those that a list "shots,flow" names, in the order of the pipeline; without a list, those whose
/// element is installed and whose weights are there, and optical flow.
Result<Stages> choose_stages(const std::optional<std::string>& list);

/// The weights file of a stage; an Error says how to get it.
Result<std::string> stage_weights(const Stage& stage, const FlowSettings& flow);

}  // namespace gsttorch
