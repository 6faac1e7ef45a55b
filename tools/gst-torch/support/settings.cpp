// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/support/settings.h"

#include "lib/models/manifest.h"

namespace gsttorch {
namespace {

constexpr char kDefaultModel[] = "raft-small";  // what raftflow takes `auto` for

}  // namespace

void ComputeSettings::add_to(Options& options, char device_letter) {
  options.add("device", device_letter, &device, "auto, cpu, cuda or cuda:N", "DEVICE");
  options.add("precision", 0, &precision,
              "In what convolutions compute: fp32 (the default), fp16 on a CUDA device, bf16",
              "WORD");
}

std::optional<std::string> ComputeSettings::problem() const {
  if (!precision || parse_precision(*precision)) return std::nullopt;
  return "--precision is auto, fp32, fp16 or bf16, not \"" + *precision + "\"";
}

Result<ModelOptions> model_options(Engine& engine, const std::string& weights,
                                   const ComputeSettings& settings) {
  auto device = engine.resolve_device(settings.device.value_or("auto"));
  if (!device) return device.error();
  const auto precision = parse_precision(settings.precision.value_or("auto"));
  return ModelOptions{weights, *device, precision.value_or(Precision::Auto),
                      weights_properties(weights)};
}

void FlowSettings::add_to(Options& options) {
  options.add("model", 'm', &model,
              "Which model: a name that the manifest knows, or a weights file", "NAME|FILE");
  options.add("iterations", 'i', &iterations, "How often the model refines its estimate (12)", "N");
  options.add("max-size", 0, &max_size,
              "Longer side of the image inside the model, in pixels (0: as it is)", "N");
  compute.add_to(options);
}

std::optional<std::string> FlowSettings::problem() const {
  if (iterations && *iterations < 1) return "--iterations must be at least 1";
  if (max_size && *max_size < 0) return "--max-size must not be negative";
  return compute.problem();
}

Result<std::string> resolve_flow_weights(const FlowSettings& settings) {
  const std::string model = settings.model.value_or("auto");
  return resolve_weights(model == "auto" ? kDefaultModel : model);
}

}  // namespace gsttorch
