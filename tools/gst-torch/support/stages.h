// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/runtime_library.h"

namespace gsttorch {

/// An option of `analyze` that sets a property of a stage's element, or of analysiswriter. None of
/// them changes how many earlier frames a result depends on.
struct StageOption {
  enum class Target {
    Model,  ///< the stage's element: --PREFIX-PROPERTY
    Writer  ///< analysiswriter, whose properties have the prefix already: --PROPERTY
  };

  const char* property;
  const char* placeholder;
  const char* help;
  Target target = Target::Model;
  const RuntimeLibrary* library = nullptr;  ///< that any other value than the default needs
};

/// A model element that `analyze` puts into its pipeline. The table in stages.cpp is all that the
/// commands, `doctor` and the report know of it: a new stage is a line there.
struct Stage {
  static constexpr int kAllFrames = -1;
  enum class Default {
    Always,         ///< runs unless --stages leaves it out; what it lacks is an error
    WhereAvailable  ///< runs where its element and weights are there
  };

  const char* name;     ///< as users choose it, and as run.json calls it
  const char* element;  ///< its factory
  /// In the manifest, the best first: the default is the first of them whose weights are there.
  std::span<const char* const> models;
  int frames_before;  ///< how many earlier frames a result depends on
  Default by_default;
  const char* finds;    ///< for people: "optical flow"
  const char* field;    ///< of a line of results.jsonl that has its results
  const char* heading;  ///< of its section of the report
  const char* option_prefix;
  std::span<const StageOption> options;
};

using Stages = std::vector<const Stage*>;

/// All there are, in the order in which frames pass them, installed or not.
std::span<const Stage> all_stages();

/// The stage of scenedetect.
const Stage& scenes_stage();

/// The option's name, without the dashes: "flow-iterations".
std::string option_name(const Stage& stage, const StageOption& option);

/// The `batch-size` that suits a model of the manifest in a file. 1 for any other file, since
/// nothing tells what it contains.
int batch_size_of(const std::string& model);

/// The weights that a stage runs with unless the user names others.
std::string default_model(const Stage& stage);

/// "scenes, flow, matches"
std::string stage_names();

/// An Error, which says how to get what is missing, where the stage cannot run with these weights
/// (a name of the manifest or a file): the element, or the weights.
Result<void> check_stage(const Stage& stage, const std::string& model);

}  // namespace gsttorch
