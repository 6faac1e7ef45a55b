// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/analyze/stage_choice.h"

#include <string_view>

#include "lib/models/manifest.h"

namespace gsttorch {
namespace {

bool is_flow(const Stage& stage) { return std::string_view(stage.name) == "flow"; }

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
  for (const Stage& stage : all_stages()) {
    if (std::erase(words, stage.name) > 0) chosen.push_back(&stage);
  }
  if (words.empty()) return chosen;
  return Error{ErrorCode::BadArgument,
               "--stages takes some of " + stage_names() + ", not \"" + words[0] + "\""};
}

}  // namespace

Result<Stages> choose_stages(const std::optional<std::string>& list) {
  if (list) return named_stages(*list);
  Stages chosen;
  for (const Stage& stage : all_stages()) {
    const bool always = stage.by_default == Stage::Default::Always;
    if (always || check_stage(stage, stage.default_model)) chosen.push_back(&stage);
  }
  return chosen;
}

std::string stage_model(const Stage& stage, const FlowSettings& flow) {
  const std::string model = is_flow(stage) ? flow.model.value_or("auto") : "auto";
  return model == "auto" ? stage.default_model : model;
}

Result<std::string> stage_weights(const Stage& stage, const FlowSettings& flow) {
  return resolve_weights(stage_model(stage, flow));
}

}  // namespace gsttorch
