// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include "lib/perf/progress.h"
#include "tools/gst-torch/analyze/worker_protocol.h"

namespace gsttorch {

/// What a user reads of one video while a worker analyses it. Lines stay whole, and so does what
/// the standard output has of a video. Thread-bound.
class VideoLog {
 public:
  enum class Mode {
    Alone,   ///< no other video at the same time: lines appear at once, progress is one line
    Shared,  ///< text appears at the end of the video, progress in lines that name the video
  };
  VideoLog(const std::string& video, Mode mode);

  void print(const std::string& line);
  void print_error(const std::string& line);
  void show(const ProgressState& progress);
  void finish_progress();  ///< leaves the last state visible, once
  void end(const VideoOutcome& outcome, bool verbose);

 private:
  const Mode mode_;
  std::string text_;  // of Shared
  Progress progress_;
  ProgressState last_;
  bool has_progress_ = false;
};

}  // namespace gsttorch
