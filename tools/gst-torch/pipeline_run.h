// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lib/core/result.h"
#include "tools/gst-torch/gst_support.h"

namespace gsttorch {

struct RunOptions {
  std::optional<std::uint64_t> expected_frames;
  bool verbose = false;  ///< what elements say beyond their messages goes to stderr, too
};

/// How an analysis ended. Whatever the ending, what was computed is in its files.
struct RunOutcome {
  std::uint64_t frames = 0;
  double seconds = 0;  ///< from the first frame's result to the last's
  int signal = 0;      ///< that ended it early; 0: none did
  std::optional<Error> error;
  std::string details;  ///< what the failed element says to those who look closer

  double ms_per_frame() const;
};

/// Runs a pipeline with a raftflow and an analysiswriter in it to its end, showing progress.
/// SIGINT and SIGTERM end the stream after the frame in work.
RunOutcome run_analysis(Pipeline& pipeline, const RunOptions& options);

}  // namespace gsttorch
