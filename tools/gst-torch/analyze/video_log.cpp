// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/analyze/video_log.h"

#include <cstdio>

#include "tools/gst-torch/support/exit_status.h"

namespace gsttorch {

VideoLog::VideoLog(const std::string& video, Mode mode)
    : mode_(mode), progress_(mode == Mode::Shared ? video + ": " : "") {}

void VideoLog::print(const std::string& line) {
  if (mode_ == Mode::Shared) {
    text_ += line + '\n';
    return;
  }
  progress_.end_line();
  std::puts(line.c_str());
  std::fflush(stdout);
}

void VideoLog::print_error(const std::string& line) {
  progress_.end_line();
  std::fprintf(stderr, "%s\n", line.c_str());
}

void VideoLog::show(const ProgressState& progress) {
  last_ = progress;
  has_progress_ = true;
  progress_.show(progress);
}

void VideoLog::finish_progress() {
  if (has_progress_) progress_.finish(last_);
  has_progress_ = false;
}

// A failure is one line, without how far it came.
void VideoLog::end(const VideoOutcome& outcome, bool verbose) {
  if (outcome.error.empty()) finish_progress();
  progress_.end_line();
  std::fputs(text_.c_str(), stdout);
  std::fflush(stdout);
  text_.clear();
  if (outcome.error.empty()) return;
  fail({ErrorCode::Failed, outcome.error});
  if (verbose && !outcome.details.empty()) std::fprintf(stderr, "%s\n", outcome.details.c_str());
}

}  // namespace gsttorch
