// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "lib/base/result.h"
#include "tools/gst-torch/analyze/analysis_pipeline.h"
#include "tools/gst-torch/support/gst_support.h"
#include "tools/gst-torch/support/media_probe.h"
#include "tools/gst-torch/support/run_options.h"

namespace gsttorch {

/// run.json of a results directory: what was run, on what, and how it ended. Written at the start,
/// so that a killed run differs from one that ended, and again at the end.
class RunManifest {
 public:
  explicit RunManifest(const std::string& directory);

  void set_command(const std::vector<std::string>& words);
  void set_input(const std::string& path, const VideoFacts& facts);
  void set_model(const Stage& stage, const std::string& name, const std::string& file);
  /// What the results depend on: of the plan, the video and the models that were set.
  void set_identity(const AnalysisPlan& plan);
  void set_pipeline(const AnalysisPlan& plan, const Pipeline& pipeline);
  void set_resumed_after(std::uint64_t frame) { json_["resumed_after_frame"] = frame; }

  const nlohmann::ordered_json& identity() const { return json_["identity"]; }

  Result<void> write_started();
  /// `frames`: those that the directory now has.
  Result<void> write_ended(const RunOutcome& outcome, std::uint64_t frames);

 private:
  Result<void> write();

  std::string path_;
  nlohmann::ordered_json json_;
};

/// In the run.json of a run whose process died: how it ended, where it was still running. An empty
/// error stands for an interruption.
void record_death(const std::string& directory, const std::string& error, std::uint64_t frames);

}  // namespace gsttorch
