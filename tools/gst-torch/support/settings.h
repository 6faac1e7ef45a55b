// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <optional>
#include <string>

#include "lib/base/result.h"
#include "lib/engine/engine.h"
#include "lib/engine/quality.h"
#include "tools/gst-torch/support/options.h"

namespace gsttorch {

/// Where and in what a model computes, and how exactly, as far as the user said. Named and meant as
/// the elements' properties are.
struct ComputeSettings {
  std::optional<std::string> quality;
  std::optional<std::string> device;
  std::optional<std::string> precision;

  void add_to(Options& options, char device_letter = 'd');
  /// What is wrong with the words, if anything.
  std::optional<std::string> problem() const;

  /// Only where nothing is wrong with the words.
  Quality quality_value() const;
  Precision precision_value() const;
};

/// `--stream N`: which of a file's video streams.
void add_stream_option(std::optional<int>& stream, Options& options);
/// What is wrong with its value, if anything.
std::optional<std::string> stream_problem(const std::optional<int>& stream);

/// The weights file that a name or a path stands for. An Error says how to get it: BadArgument for
/// a name that nobody knows, NotFound for a file, LibraryMissing for weights that were not fetched.
Result<std::string> model_weights(const std::string& name_or_path);

/// An error of the engine, which knows devices and data types by name: what it refuses of settings
/// without a problem is not available on this machine.
Error engine_error(const Error& error);

/// What a command that loads a model itself hands to the engine. Only where nothing is wrong with
/// the settings.
Result<ModelOptions> model_options(Engine& engine, const std::string& weights,
                                   const ComputeSettings& settings);

}  // namespace gsttorch
