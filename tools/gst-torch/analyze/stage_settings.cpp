// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/analyze/stage_settings.h"

#include <algorithm>

#include "tools/gst-torch/support/property_value.h"

namespace gsttorch {
namespace {

constexpr char kModelProperty[] = "model", kWriter[] = "analysiswriter";

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

Error wrong(const std::string& message) { return {ErrorCode::BadArgument, message}; }

const char* element_of(const Stage& stage, const StageOption& option) {
  return option.target == StageOption::Target::Writer ? kWriter : stage.element;
}

}  // namespace

void StageSettings::add_to(Options& options) {
  options.add("stages", 0, &list_,
              "Comma-separated stages to run: scenes, flow, matches (default: all that this "
              "machine can run)",
              "LIST");
  for (const Stage& stage : all_stages()) {
    for (const StageOption& option : stage.options) {
      options.add(option_name(stage, option), 0, &values_[&option], option.help,
                  option.placeholder);
    }
  }
}

Result<void> StageSettings::choose() {
  if (auto chosen = choose_stages(); !chosen) return chosen;
  if (auto reached = check_reach(); !reached) return reached;
  return check_values();
}

Result<void> StageSettings::choose_stages() {
  std::vector<std::string> words = words_of(list_.value_or(""));
  for (const Stage& stage : all_stages()) {
    const bool named = std::erase(words, stage.name) > 0;
    const bool always = stage.by_default == Stage::Default::Always;
    const bool by_default = !list_ && (always || check_stage(stage, model(stage)));
    if (named || by_default) stages_.push_back(&stage);
  }
  if (!list_ || words.empty()) return {};
  return wrong("--stages must be a comma-separated list of " + stage_names() + ", not \"" +
               words[0] + "\"");
}

// An option that nothing reads would look as if it had worked.
Result<void> StageSettings::check_reach() const {
  for (const Stage& stage : all_stages()) {
    if (runs(stage)) continue;
    for (const StageOption& option : stage.options) {
      if (!given(option)) continue;
      const std::string start =
          "--" + option_name(stage, option) + " has no effect: the stage " + stage.name;
      if (list_) return wrong(start + " is not in --stages");
      return wrong(start + " cannot run here: " + check_stage(stage, model(stage)).error().message);
    }
  }
  return {};
}

Result<void> StageSettings::check_values() {
  for (const Stage* stage : stages_) {
    for (const StageOption& option : stage->options) {
      if (!given(option)) continue;
      auto value = property_value(element_of(*stage, option), option.property, *given(option));
      if (!value) {
        return wrong("--" + option_name(*stage, option) + " " + value.error().message);
      }
      values_[&option] = *value;
    }
  }
  return {};
}

const std::string* StageSettings::given(const StageOption& option) const {
  const auto found = values_.find(&option);
  return found != values_.end() && found->second ? &*found->second : nullptr;
}

const std::string* StageSettings::given(const Stage& stage, const char* property) const {
  for (const StageOption& option : stage.options) {
    if (std::string_view(option.property) == property) return given(option);
  }
  return nullptr;
}

void StageSettings::set(const Stage& stage, const char* property, const std::string& value) {
  for (const StageOption& option : stage.options) {
    if (std::string_view(option.property) == property) values_[&option] = value;
  }
}

bool StageSettings::runs(const Stage& stage) const {
  return std::find(stages_.begin(), stages_.end(), &stage) != stages_.end();
}

std::string StageSettings::model(const Stage& stage) const {
  for (const StageOption& option : stage.options) {
    if (std::string_view(option.property) != kModelProperty) continue;
    const std::string* name = given(option);
    if (name && *name != "auto") return *name;
  }
  return default_model(stage);
}

StageSettings::Properties StageSettings::properties(const Stage& stage,
                                                    StageOption::Target target) const {
  Properties properties;
  for (const StageOption& option : stage.options) {
    if (option.target != target) continue;
    if (std::string_view(option.property) == kModelProperty) {
      properties.emplace_back(option.property, model(stage));
    } else if (const std::string* value = given(option)) {
      properties.emplace_back(option.property, *value);
    }
  }
  return properties;
}

Result<void> StageSettings::check_needs() const {
  for (const Stage* stage : stages_) {
    if (auto ready = check_stage(*stage, model(*stage)); !ready) return ready;
    for (const StageOption& option : stage->options) {
      if (!option.library || !given(option)) continue;
      if (is_default(element_of(*stage, option), option.property, *given(option))) continue;
      if (auto found = find_runtime_library(*option.library); !found) return found.error();
    }
  }
  return {};
}

}  // namespace gsttorch
