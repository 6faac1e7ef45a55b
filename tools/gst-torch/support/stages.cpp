// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/support/stages.h"

#include "lib/vision/geometry.h"
#include "tools/gst-torch/support/elements.h"
#include "tools/gst-torch/support/settings.h"

namespace gsttorch {
namespace {

using Target = StageOption::Target;

constexpr char kModel[] = "NAME|FILE";
constexpr StageOption kQuality = {"quality", "WORD", "Instead of --quality, for this stage"};

// Files have no latency to keep: TransNetV2, which waits for 74 frames more, goes before the models
// that scenedetect itself prefers.
constexpr const char* kScenesModels[] = {"transnetv2", "resnet18", "resnet18-lite"};
constexpr const char* kFlowModels[] = {"raft-small"};
constexpr const char* kMatchModels[] = {"loftr-lite"};

constexpr StageOption kScenesOptions[] = {
    {"model", kModel,
     "Name of a model, or path of a weights file (default: the first of transnetv2, resnet18 and "
     "resnet18-lite that is installed)"},
    kQuality,
    {"threshold", "NUMBER", "Minimum score of a shot boundary (default 0.5)"},
    {"min-shot-duration", "NS",
     "Minimum shot length, in nanoseconds; closer boundaries are ignored (default 200000000)"},
    {"look-ahead", "N", "Number of later frames to wait for before a decision (default 8)"},
};

constexpr StageOption kFlowOptions[] = {
    {"model", kModel, "Name of a model, or path of a weights file (default raft-small)"},
    kQuality,
    {"iterations", "N",
     "Maximum number of refinement iterations (default 12; otherwise as --quality sets it)"},
    {"convergence", "PX",
     "Stop when an iteration changes the flow by less, in pixels (default 0 = run all iterations)"},
    {"max-size", "N",
     "Maximum length of the longer side inside the model, in pixels (default 0 = do not scale)"},
    {"direction", "WORD", "forward (default), backward or both"},
    {"flow-every", "N",
     "Write the flow of every Nth frame to a file (default: at most 12 files, those that the "
     "report "
     "shows; 0 = never)",
     Target::Writer},
    {"flow-file-format", "WORD", "flo (default) or npz", Target::Writer},
};

constexpr StageOption kMatchOptions[] = {
    {"model", kModel, "Name of a model, or path of a weights file (default loftr-lite)"},
    kQuality,
    {"threshold", "NUMBER", "Minimum confidence of a match (default 0.2)"},
    {"max-matches", "N", "Keep only the N most confident matches (default 0 = keep all)"},
    {"max-size", "N",
     "Maximum length of the longer side inside the model, in pixels (default 0 = do not scale)"},
    {"token-pruning", "NUMBER",
     "Share of coarse cells to exclude, weakest first (default 0 = exclude none; otherwise as "
     "--quality sets it)"},
    {"geometry", "WORD",
     "Geometry to verify matches with: none (default), homography or fundamental", Target::Model,
     &kVisionLibrary},
    {"match-every", "N", "Write the matches of every Nth frame to a file (default 1; 0 = never)",
     Target::Writer},
    {"match-file-format", "WORD", "csv (default), npz or none", Target::Writer},
};

constexpr Stage kStages[] = {
    {"scenes", "scenedetect", kScenesModels, Stage::kAllFrames, Stage::Default::WhereAvailable,
     "shots and their boundaries", "shot", "Shots", "scenes", kScenesOptions},
    {"flow", "raftflow", kFlowModels, 1, Stage::Default::Always, "optical flow", "flow", "Motion",
     "flow", kFlowOptions},
    {"matches", "loftrmatch", kMatchModels, 1, Stage::Default::WhereAvailable,
     "point correspondences with the previous frame", "matches", "Matches", "match", kMatchOptions},
};

}  // namespace

std::span<const Stage> all_stages() { return kStages; }

const Stage& scenes_stage() { return kStages[0]; }

// Batches save ResNet-18 a fifth of its time on the CPU. They save TransNetV2 nothing, and each of
// its windows lets 50 frames wait.
int batch_size_of(const std::string& model) { return model.starts_with("resnet18") ? 4 : 1; }

std::string default_model(const Stage& stage) {
  for (const char* name : stage.models) {
    if (model_weights(name)) return name;
  }
  return stage.models.back();  // an error about it says how to get it
}

std::string option_name(const Stage& stage, const StageOption& option) {
  if (option.target == StageOption::Target::Writer) return option.property;
  return std::string(stage.option_prefix) + "-" + option.property;
}

std::string stage_names() {
  std::string names;
  for (const Stage& stage : kStages) names += (names.empty() ? "" : ", ") + std::string(stage.name);
  return names;
}

Result<void> check_stage(const Stage& stage, const std::string& model) {
  if (auto there = check_element(stage.element); !there) return there;
  if (auto weights = model_weights(model); !weights) return weights.error();
  return {};
}

}  // namespace gsttorch
