// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "tools/gst-torch/analyze/analysis_pipeline.h"
#include "tools/gst-torch/analyze/line_buffer.h"
#include "tools/gst-torch/analyze/video_log.h"
#include "tools/gst-torch/analyze/worker_process.h"
#include "tools/gst-torch/analyze/worker_protocol.h"

namespace gsttorch {

/// A worker and the video that it has. Thread-bound.
class SupervisedWorker {
 public:
  using Clock = std::chrono::steady_clock;

  explicit SupervisedWorker(WorkerProcess process) : process_(std::move(process)) {}

  /// Only when it has no video. `number`: the caller's, of the video.
  void begin(std::size_t number, const AnalysisPlan& plan, VideoLog::Mode mode);
  bool has_video() const { return job_.has_value(); }
  std::size_t video_number() const { return job_->number; }
  VideoLog& log() { return job_->log; }

  /// Reads what the worker says; false once it has ended, or closed its standard output.
  bool read_output();
  void read_errors();
  /// What it says became of its video.
  std::optional<VideoOutcome> result() const { return job_ ? job_->result : std::nullopt; }
  void end_video() { job_.reset(); }

  /// How long nothing has advanced in its video, as far as the caller let time pass.
  Clock::duration silence() const { return silence_; }
  void pass_time(Clock::duration time) { silence_ += time; }
  /// Asks it to end after the frame in work, and counts its silence from now on.
  void interrupt();
  /// For its silence.
  void kill_stalled();
  /// Only when its output has ended: what became of the video that it has.
  VideoOutcome outcome_of_death();

  WorkerProcess& process() { return process_; }

 private:
  struct Job {
    std::size_t number;
    AnalysisPlan plan;
    VideoLog log;
    JobPhase phase = JobPhase::Probing;
    CrashSite at{};
    bool has_crashed = false;
    std::optional<VideoOutcome> result{};
  };

  void handle(const std::string& line);
  void handle(const WorkerMessage& message);
  std::string cause_of_death(int status) const;
  std::string place() const;

  WorkerProcess process_;
  LineBuffer output_;
  LineBuffer errors_;
  std::optional<Job> job_;
  Clock::duration silence_{};
  std::optional<Clock::duration> killed_after_;  // that silence
};

}  // namespace gsttorch
