// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "tools/gst-torch/support/options.h"
#include "tools/gst-torch/support/stages.h"

namespace gsttorch {

/// Which stages run and what their options were given as: all that the table of stages says a user
/// can choose. Values are texts, as the elements' properties read them.
class StageSettings {
 public:
  /// --stages, and the options of all stages.
  void add_to(Options& options);

  /// Chooses the stages, and compares the values with what the elements' properties take. An Error
  /// says what is wrong with the call: an unknown stage, an option that reaches no stage of this
  /// run, a value that its property does not take. After the options were parsed; needs gst_init.
  Result<void> choose();

  const Stages& stages() const { return stages_; }  ///< in the order of the pipeline

  /// The weights that a stage runs with: a name or a file.
  std::string model(const Stage& stage) const;

  /// What was given for a property of a stage, or nothing.
  const std::string* given(const Stage& stage, const char* property) const;

  /// As if it had been given. The stage must have an option for the property.
  void set(const Stage& stage, const char* property, const std::string& value);

  /// Property and value of what was given, for the element of a stage or for analysiswriter. The
  /// model is always there.
  using Properties = std::vector<std::pair<std::string, std::string>>;
  Properties properties(const Stage& stage, StageOption::Target target) const;

  /// An Error where an element, weights or a library are missing that the stages need.
  Result<void> check_needs() const;

 private:
  Result<void> choose_stages();
  Result<void> check_reach() const;
  Result<void> check_values();
  const std::string* given(const StageOption& option) const;
  bool runs(const Stage& stage) const;

  std::optional<std::string> list_;
  std::map<const StageOption*, std::optional<std::string>> values_;
  Stages stages_;
};

}  // namespace gsttorch
