// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lib/perf/progress.h"
#include "tools/gst-torch/analyze/analysis_job.h"

namespace gsttorch {

// What `gst-torch analyze` and its workers say to each other, a line each. docs/command-line.md
// describes it for other programs.

/// A video for a worker. Where the directory or the overlay is empty, the worker's options decide.
struct WorkerJob {
  std::string video;
  std::string directory;
  std::string overlay;
};

/// With its newline. The fields are separated by tabs, and have C's escape sequences.
std::string to_line(const WorkerJob& job);
WorkerJob parse_job(const std::string& line);

/// What became of a video.
struct VideoOutcome {
  JobState state = JobState::Failed;
  std::uint64_t frames = 0;  ///< that the directory has
  double ms_per_frame = 0;   ///< 0: not known
  std::string error;         ///< empty: none
  int exit_status = 0;       ///< that stands for the error
  std::string details;
};

VideoOutcome to_outcome(const JobResult& result);
const char* state_name(JobState state);

/// Where a worker was when it crashed.
struct CrashSite {
  std::string element;  ///< name of its factory, else its own; empty: not known
  std::uint64_t decoded = 0;
  std::uint64_t frames = 0;
};

/// A worker's line: one of these is set.
struct WorkerMessage {
  std::optional<JobPhase> phase;
  std::optional<ProgressState> progress;
  std::uint64_t decoded = 0;  ///< with the progress: frames that came to the first model
  std::optional<CrashSite> crash;
  std::optional<VideoOutcome> result;
};

std::string phase_line(JobPhase phase);
std::string progress_line(const ProgressState& progress, std::uint64_t decoded);
std::string result_line(const std::string& video, const VideoOutcome& outcome);

/// Nothing where the line is text for people.
std::optional<WorkerMessage> parse_message(const std::string& line);

}  // namespace gsttorch
