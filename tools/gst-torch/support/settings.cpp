// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/support/settings.h"

#include "lib/models/manifest.h"

namespace gsttorch {

void ComputeSettings::add_to(Options& options, char device_letter) {
  options.add("quality", 0, &quality,
              "Preset for the settings that trade quality for speed: exact (default), balanced or "
              "fast",
              "WORD");
  options.add("device", device_letter, &device, "auto (default), cpu, cuda or cuda:N", "DEVICE");
  options.add(
      "precision", 0, &precision,
      "Data type of convolutions: auto (default: fp32), fp32, fp16 (CUDA only), bf16 or reduced",
      "WORD");
}

namespace {

bool is_device(const std::string& word) {
  if (word == "auto" || word == "cpu" || word == "cuda") return true;
  const std::string start = "cuda:";
  return word.starts_with(start) && word.size() > start.size() &&
         word.find_first_not_of("0123456789", start.size()) == std::string::npos;
}

}  // namespace

std::optional<std::string> ComputeSettings::problem() const {
  if (device && !is_device(*device)) {
    return "unknown device \"" + *device + "\": use auto, cpu, cuda or cuda:N";
  }
  if (quality && !parse_quality(*quality)) {
    return "unknown quality \"" + *quality + "\": use exact, balanced or fast (--quality)";
  }
  if (!precision || parse_precision(*precision)) return std::nullopt;
  return "unknown precision \"" + *precision +
         "\": use auto, fp32, fp16, bf16 or reduced (--precision)";
}

Quality ComputeSettings::quality_value() const {
  return parse_quality(quality.value_or("")).value_or(Quality::Exact);
}

Precision ComputeSettings::precision_value() const {
  const auto own = parse_precision(precision.value_or(""));
  return own.value_or(preset_of(kModelPresets, quality_value()).precision);
}

void add_stream_option(std::optional<int>& stream, Options& options) {
  options.add("stream", 0, &stream,
              "Number of the video stream, from 0 (default: the default or else the longest one)",
              "N");
}

std::optional<std::string> stream_problem(const std::optional<int>& stream) {
  if (!stream || *stream >= 0) return std::nullopt;
  return "--stream must not be negative";
}

Result<std::string> model_weights(const std::string& name_or_path) {
  auto weights = resolve_weights(name_or_path);
  if (weights || weights.error().code != ErrorCode::NotFound) return weights;
  const auto manifest = Manifest::load();
  const bool is_known = !manifest || manifest->find(name_or_path);
  const bool is_path = name_or_path.find('/') != std::string::npos;
  const ErrorCode code = is_known  ? ErrorCode::LibraryMissing
                         : is_path ? ErrorCode::NotFound
                                   : ErrorCode::BadArgument;
  return Error{code, weights.error().message};
}

Error engine_error(const Error& error) {
  if (error.code != ErrorCode::BadArgument) return error;
  return {ErrorCode::DeviceUnavailable, error.message};
}

Result<ModelOptions> model_options(Engine& engine, const std::string& weights,
                                   const ComputeSettings& settings) {
  auto device = engine.resolve_device(settings.device.value_or("auto"));
  if (!device) return device.error();
  return ModelOptions{weights, *device, settings.precision_value(), weights_properties(weights)};
}

}  // namespace gsttorch
