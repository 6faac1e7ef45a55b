// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "tools/gst-torch/analyze/analysis_pipeline.h"
#include "tools/gst-torch/analyze/worker_protocol.h"

namespace gsttorch {

struct SupervisorOptions {
  std::vector<std::string> worker_words;   ///< options of the workers
  int jobs = 1;                            ///< videos at the same time
  std::chrono::seconds stall_timeout{60};  ///< 0: none
  bool verbose = false;
};

/// What became of each video; nothing of those that an Interrupt left.
using Outcomes = std::vector<std::optional<VideoOutcome>>;

/// Has workers analyse the videos. A worker that ends before its video does, or that reports no
/// progress for too long, is replaced, and the video has failed. Needs an Interrupt; uses no
/// pipelines and no models.
Outcomes run_workers(const std::vector<AnalysisPlan>& plans, const SupervisorOptions& options);

}  // namespace gsttorch
