// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>
#include <vector>

#include "tools/gst-torch/analyze/analysis_job.h"

namespace gsttorch {

struct WorkerOptions {
  std::vector<std::string> words;  ///< of the options, for the record
  bool again = false;
  bool verbose = false;
};

/// Analyses the videos that the lines of the standard input name, until its end or an Interrupt.
/// Models stay loaded. Speaks worker_protocol.h. Returns the exit status.
int run_worker(const AnalysisPlan& common, const WorkerOptions& options);

}  // namespace gsttorch
