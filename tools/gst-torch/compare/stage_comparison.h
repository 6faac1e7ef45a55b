// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "lib/base/result.h"
#include "tools/gst-torch/compare/result_set.h"

namespace gsttorch {

/// The files of one frame that both programs have, and how alike their contents are.
struct ComparedFrame {
  std::string frame;
  std::string reference;
  std::string other;
  std::string truth;  ///< empty without ground truth
  double score = 1;   ///< 0 to 1
};

/// How alike the results of one stage are.
struct StageComparison {
  std::string name;        ///< as `analyze --stages` names it
  double score = 1;        ///< 0 to 1
  std::size_t frames = 0;  ///< that were judged
  std::string summary;
  std::vector<std::string> notes;    ///< what was left out, and why
  nlohmann::ordered_json figures;    ///< the numbers of summary and notes
  std::vector<ComparedFrame> worst;  ///< the lowest scores below 1, lowest first
};

struct ComparisonRequest {
  ResultSet reference;
  ResultSet other;
  std::optional<FrameFiles> truth;  ///< of the flow
  std::vector<std::string> stages;  ///< that both must have; empty: those that both have
};

/// Compares the stages one after the other. An Error if both sets have no stage or, in a stage, no
/// frame in common, or if what they have cannot be compared.
Result<std::vector<StageComparison>> compare_stages(const ComparisonRequest& request);

/// The stages that only one of the sets has, for people: "matches: only in DIR, not compared".
std::vector<std::string> stages_left_out(const ComparisonRequest& request);

bool is_stage_name(const std::string& name);

}  // namespace gsttorch
