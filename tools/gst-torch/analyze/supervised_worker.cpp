// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/analyze/supervised_worker.h"

#include <csignal>
#include <cstdio>

#include <sys/wait.h>

#include <glib.h>

#include "lib/results/recorded_results.h"
#include "tools/gst-torch/analyze/run_manifest.h"
#include "tools/gst-torch/support/exit_status.h"
#include "tools/gst-torch/support/interrupt.h"
#include "tools/gst-torch/support/stall_limit.h"

namespace gsttorch {
namespace {

std::string signal_text(int signal) {
  return "(signal " + std::to_string(signal) + ", " + g_strsignal(signal) + ")";
}

std::uint64_t recorded_frames(const std::string& directory) {
  const auto recorded = read_recorded_results(directory);
  return recorded && recorded->last ? recorded->last->frame + 1 : 0;
}

}  // namespace

void SupervisedWorker::begin(std::size_t number, const AnalysisPlan& plan, VideoLog::Mode mode) {
  job_.emplace(Job{number, plan, VideoLog(plan.video, mode)});
  silence_ = {};
  // One that has ended is noticed by its output.
  process_.send(to_line(WorkerJob{plan.video, plan.directory, plan.overlay.value_or("")}));
}

bool SupervisedWorker::read_output() {
  const bool is_open = output_.read_from(process_.output());
  while (const auto line = output_.next()) handle(*line);
  return is_open;
}

void SupervisedWorker::read_errors() {
  errors_.read_from(process_.errors());
  while (const auto line = errors_.next()) {
    if (job_) {
      job_->log.print_error(*line);
    } else {
      std::fprintf(stderr, "%s\n", line->c_str());
    }
  }
}

void SupervisedWorker::handle(const std::string& line) {
  if (!job_) return;
  if (const auto message = parse_message(line)) {
    handle(*message);
  } else {
    job_->log.print(line);
  }
}

void SupervisedWorker::handle(const WorkerMessage& message) {
  silence_ = {};
  if (message.phase) job_->phase = *message.phase;
  if (message.phase == JobPhase::Reporting) job_->log.finish_progress();
  if (message.progress) {
    job_->at = {"", message.decoded, message.progress->frames};
    job_->log.show(*message.progress);
  }
  if (message.crash) {
    job_->at = *message.crash;
    job_->has_crashed = true;
  }
  if (message.result) job_->result = message.result;
}

void SupervisedWorker::interrupt() {
  process_.signal(SIGTERM);
  silence_ = {};
}

void SupervisedWorker::kill_stalled() {
  killed_after_ = silence_;
  process_.signal(SIGKILL);
}

// What the worker had written is what a later run resumes.
VideoOutcome SupervisedWorker::outcome_of_death() {
  const int status = process_.end();
  VideoOutcome outcome;
  const bool is_interrupted = Interrupt::signal() != 0;
  outcome.state = is_interrupted ? JobState::Interrupted : JobState::Failed;
  if (!is_interrupted) {
    outcome.error = "cannot analyze " + job_->plan.video + ": " + cause_of_death(status);
    outcome.exit_status = kFailed;
  }
  if (job_->phase == JobPhase::Probing) return outcome;
  outcome.frames = recorded_frames(job_->plan.directory);
  record_death(job_->plan.directory, outcome.error, outcome.frames);
  return outcome;
}

std::string SupervisedWorker::cause_of_death(int status) const {
  if (killed_after_) return stall_text(*killed_after_, place());
  if (!WIFSIGNALED(status)) {
    return "its worker ended with exit status " + std::to_string(WEXITSTATUS(status)) + " " +
           place();
  }
  const std::string signal = signal_text(WTERMSIG(status));
  if (!job_->has_crashed) return "its worker was killed " + signal + " " + place();
  const std::string who = job_->at.element.empty() ? "its worker" : job_->at.element;
  return who + " crashed " + signal + " " + place();
}

std::string SupervisedWorker::place() const {
  switch (job_->phase) {
    case JobPhase::Probing:
      return "while probing the file";
    case JobPhase::Analyzing:
      break;
    case JobPhase::Reporting:
      return "while writing the report";
  }
  std::string text = "after " + std::to_string(job_->at.frames) + " frames";
  if (job_->at.decoded > job_->at.frames) {
    text += " (" + std::to_string(job_->at.decoded) + " decoded)";
  }
  return text;
}

}  // namespace gsttorch
