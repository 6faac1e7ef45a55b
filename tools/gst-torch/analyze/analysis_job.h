// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "tools/gst-torch/analyze/analysis_pipeline.h"
#include "tools/gst-torch/support/run_options.h"

namespace gsttorch {

enum class JobState {
  Done,
  Resumed,   ///< what an earlier run had left undone
  Finished,  ///< by an earlier run: nothing was to be done
  Interrupted,
  Failed,
};

struct JobResult {
  JobState state = JobState::Failed;
  std::uint64_t frames = 0;  ///< that the directory has
  double ms_per_frame = 0;   ///< of those of this run; 0: not known
  std::optional<Error> error;
  std::string details;  ///< what a failed element says to those who look closer
};

/// What is being done with a video, in this order. The last is announced only if nothing failed.
enum class JobPhase { Probing, Analyzing, Reporting };

/// Hears of a video while it is analysed.
class JobObserver : public RunObserver {
 public:
  virtual void on_phase(JobPhase phase) = 0;
};

struct JobOptions {
  JobObserver* observer = nullptr;   ///< outlives the job
  std::vector<std::string> command;  ///< for the record
  bool again = false;                ///< also what is finished, and from the beginning
  bool verbose = false;
};

/// Analyses one video into its directory, or does what an earlier run has left to do, and makes the
/// report. The pipeline and what was achieved go to stdout.
JobResult analyze_video(const AnalysisPlan& request, const JobOptions& options);

}  // namespace gsttorch
