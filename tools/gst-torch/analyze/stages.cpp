// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/analyze/stages.h"

#include <string_view>

#include "lib/models/manifest.h"
#include "tools/gst-torch/support/gst_support.h"

namespace gsttorch {
namespace {

constexpr Stage kStages[] = {
    {"scenes", "scenedetect", "resnet18-lite", Stage::kAllFrames},
    {"flow", "raftflow", "raft-small", 1},
    {"matches", "loftrmatch", "loftr-lite", 1},
};

bool is_flow(const Stage& stage) { return std::string_view(stage.name) == "flow"; }

bool can_run(const Stage& stage) {
  return has_element(stage.element) && resolve_weights(stage.default_model);
}

std::string known_names() {
  std::string names;
  for (const Stage& stage : kStages) names += (names.empty() ? "" : ", ") + std::string(stage.name);
  return names;
}

std::vector<std::string> words_of(const std::string& list) {
  std::vector<std::string> words(1);
  for (const char c : list) {
    if (c == ',') {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  return words;
}

Result<Stages> named_stages(const std::string& list) {
  Stages chosen;
  std::vector<std::string> words = words_of(list);
  for (const Stage& stage : kStages) {
    if (std::erase(words, stage.name) > 0) chosen.push_back(&stage);
  }
  if (words.empty()) return chosen;
  return Error{ErrorCode::BadArgument,
               "--stages takes some of " + known_names() + ", not \"" + words[0] + "\""};
}

}  // namespace

std::span<const Stage> all_stages() { return kStages; }

Result<Stages> choose_stages(const std::optional<std::string>& list) {
  if (list) return named_stages(*list);
  Stages chosen;
  for (const Stage& stage : kStages) {
    if (is_flow(stage) || can_run(stage)) chosen.push_back(&stage);
  }
  return chosen;
}

Result<std::string> stage_weights(const Stage& stage, const FlowSettings& flow) {
  return is_flow(stage) ? resolve_flow_weights(flow) : resolve_weights(stage.default_model);
}

}  // namespace gsttorch
