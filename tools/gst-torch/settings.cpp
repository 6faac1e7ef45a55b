// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/settings.h"

#include "lib/core/manifest.h"

namespace gsttorch {
namespace {

constexpr char kDefaultModel[] = "raft-small";  // what raftflow takes `auto` for

}  // namespace

void FlowSettings::add_to(Options& options) {
  options.add("model", 'm', &model, "Which net: a name that the manifest knows, or a weights file",
              "NAME|FILE");
  options.add("iterations", 'i', &iterations, "How often the net refines its estimate (12)", "N");
  options.add("max-size", 0, &max_size,
              "Longer side of the picture inside the net, in pixels (0: as it is)", "N");
  options.add("device", 'd', &device, "auto, cpu, cuda or cuda:N", "DEVICE");
}

std::optional<std::string> FlowSettings::problem() const {
  if (iterations && *iterations < 1) return "--iterations must be at least 1";
  if (max_size && *max_size < 0) return "--max-size must not be negative";
  return std::nullopt;
}

Result<std::string> resolve_flow_weights(const FlowSettings& settings) {
  const std::string model = settings.model.value_or("auto");
  return resolve_weights(model == "auto" ? kDefaultModel : model);
}

}  // namespace gsttorch
