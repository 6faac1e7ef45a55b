// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <optional>
#include <string>

#include "lib/core/result.h"
#include "tools/gst-torch/options.h"

namespace gsttorch {

/// How flow is computed, as far as the user said. Named and meant as raftflow's properties are.
struct FlowSettings {
  std::optional<std::string> model;
  std::optional<std::string> device;
  std::optional<std::string> direction;
  std::optional<int> iterations;
  std::optional<int> max_size;

  /// All but `direction`, of which commands take different words.
  void add_to(Options& options);

  /// What is wrong with the values, if anything.
  std::optional<std::string> problem() const;
};

/// The weights file that the settings stand for; an Error says how to get it.
Result<std::string> resolve_flow_weights(const FlowSettings& settings);

}  // namespace gsttorch
