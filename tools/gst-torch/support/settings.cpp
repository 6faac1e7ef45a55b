// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/support/settings.h"

#include "lib/models/manifest.h"

namespace gsttorch {
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

}  // namespace gsttorch
