// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "lib/core/result.h"
#include "tools/gst-torch/analysis_pipeline.h"
#include "tools/gst-torch/gst_support.h"
#include "tools/gst-torch/media_probe.h"
#include "tools/gst-torch/pipeline_run.h"

namespace gsttorch {

/// run.json of a results folder: what was run, on what, and how it ended. Written at the start, so
/// that a run that was killed can be told from one that ended, and again at the end.
class RunRecord {
 public:
  explicit RunRecord(const std::string& folder);

  void set_command(int argc, char** argv);
  void set_input(const std::string& path, const VideoFacts& facts);
  void set_model(const std::string& name, const std::string& file);
  void set_pipeline(const std::string& text, const Pipeline& pipeline);

  Result<void> write_started();
  Result<void> write_ended(const RunOutcome& outcome);

 private:
  Result<void> write();

  std::string path_;
  nlohmann::ordered_json json_;
};

}  // namespace gsttorch
