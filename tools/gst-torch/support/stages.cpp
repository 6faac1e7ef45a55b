// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/support/stages.h"

#include "lib/models/manifest.h"
#include "tools/gst-torch/support/elements.h"

namespace gsttorch {
namespace {

constexpr Stage kStages[] = {
    {"scenes", "scenedetect", "resnet18-lite", Stage::kAllFrames, Stage::Default::WhereAvailable,
     "shots and their boundaries", "shot", "Shots"},
    {"flow", "raftflow", "raft-small", 1, Stage::Default::Always, "optical flow", "flow", "Motion"},
    {"matches", "loftrmatch", "loftr-lite", 1, Stage::Default::WhereAvailable,
     "point correspondences with the frame before", "matches", "Matches"},
};

}  // namespace

std::span<const Stage> all_stages() { return kStages; }

std::string stage_names() {
  std::string names;
  for (const Stage& stage : kStages) names += (names.empty() ? "" : ", ") + std::string(stage.name);
  return names;
}

Result<void> check_stage(const Stage& stage, const std::string& model) {
  if (auto there = check_element(stage.element); !there) return there;
  if (auto weights = resolve_weights(model); !weights) return weights.error();
  return {};
}

}  // namespace gsttorch
