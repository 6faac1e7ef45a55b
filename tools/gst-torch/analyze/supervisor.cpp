// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/analyze/supervisor.h"

#include <algorithm>
#include <list>

#include <poll.h>

#include "tools/gst-torch/analyze/supervised_worker.h"
#include "tools/gst-torch/support/exit_status.h"
#include "tools/gst-torch/support/interrupt.h"
#include "tools/gst-torch/support/stall_limit.h"

namespace gsttorch {
namespace {

using std::chrono::seconds;

constexpr int kPollMs = 100;
constexpr seconds kGraceOfExit{10};

class Supervisor {
 public:
  Supervisor(const std::vector<AnalysisPlan>& plans, const SupervisorOptions& options)
      : plans_(plans), options_(options), limit_(options.stall_timeout), outcomes_(plans.size()) {}

  Outcomes run() {
    while (assign_videos()) {
      read_all(kPollMs);
      pass_on_interrupt();
      pass_time();
      for (SupervisedWorker& worker : workers_) kill_if_stalled(worker);
    }
    let_workers_exit();
    return std::move(outcomes_);
  }

 private:
  // False once no worker has a video and none is to be assigned.
  bool assign_videos() {
    while (Interrupt::signal() == 0 && next_ < plans_.size()) {
      SupervisedWorker* worker = idle_worker();
      if (!worker) break;
      const std::size_t number = next_++;
      worker->begin(number, plans_[number], mode());
      if (plans_.size() > 1) worker->log().print(heading(number));
    }
    return std::any_of(workers_.begin(), workers_.end(),
                       [](const SupervisedWorker& worker) { return worker.has_video(); });
  }

  // Starts one where that is allowed; null where all have a video.
  SupervisedWorker* idle_worker() {
    for (SupervisedWorker& worker : workers_) {
      if (!worker.has_video()) return &worker;
    }
    if (workers_.size() >= job_count()) return nullptr;
    auto process = WorkerProcess::start(options_.worker_words);
    if (!process) {
      start_failure(process.error());
      return nullptr;
    }
    return &workers_.emplace_back(std::move(*process));
  }

  // The other workers take the videos; where there is none, nobody does.
  void start_failure(const Error& error) {
    if (!workers_.empty()) return;
    const VideoOutcome outcome{JobState::Failed, 0, 0, error.message, kFailed, ""};
    while (next_ < plans_.size()) outcomes_[next_++] = outcome;
    fail(error);
  }

  std::size_t job_count() const {
    return std::min(static_cast<std::size_t>(options_.jobs), plans_.size());
  }
  VideoLog::Mode mode() const {
    return job_count() > 1 ? VideoLog::Mode::Shared : VideoLog::Mode::Alone;
  }
  std::string heading(std::size_t number) const {
    std::string text(1, '[');
    text.append(std::to_string(number + 1)).append("/").append(std::to_string(plans_.size()));
    return text.append("] ").append(plans_[number].video);
  }

  // Once, as far as the timeout allows.
  void read_all(int timeout_ms) {
    std::vector<pollfd> files;
    for (SupervisedWorker& worker : workers_) {
      files.push_back({worker.process().output(), POLLIN, 0});
      files.push_back({worker.process().errors(), POLLIN, 0});
    }
    if (poll(files.data(), files.size(), timeout_ms) <= 0) return;
    auto file = files.begin();
    for (auto worker = workers_.begin(); worker != workers_.end();) {
      const bool has_output = (file++)->revents != 0;
      const bool has_errors = (file++)->revents != 0;
      if (has_errors) worker->read_errors();
      const bool is_alive = !has_output || worker->read_output();
      if (const auto result = worker->result()) end_video(*worker, *result);
      worker = is_alive ? std::next(worker) : bury(worker);
    }
  }

  std::list<SupervisedWorker>::iterator bury(std::list<SupervisedWorker>::iterator worker) {
    worker->read_errors();
    if (worker->has_video()) end_video(*worker, worker->outcome_of_death());
    return workers_.erase(worker);
  }

  void end_video(SupervisedWorker& worker, const VideoOutcome& outcome) {
    worker.log().end(outcome, options_.verbose);
    outcomes_[worker.video_number()] = outcome;
    worker.end_video();
  }

  void pass_on_interrupt() {
    if (Interrupt::signal() == 0 || is_passed_on_) return;
    is_passed_on_ = true;
    for (SupervisedWorker& worker : workers_) worker.interrupt();
  }

  void pass_time() {
    const auto time = silence_since(last_pass_);
    for (SupervisedWorker& worker : workers_) worker.pass_time(time);
    last_pass_ = SupervisedWorker::Clock::now();
  }

  void kill_if_stalled(SupervisedWorker& worker) const {
    if (worker.has_video() && limit_.is_exceeded(worker.silence(), is_passed_on_)) {
      worker.kill_stalled();
    }
  }

  // All that they had to write is written: one that does not end is killed.
  void let_workers_exit() {
    for (SupervisedWorker& worker : workers_) worker.process().close_input();
    const auto start = SupervisedWorker::Clock::now();
    while (!workers_.empty() && SupervisedWorker::Clock::now() - start < kGraceOfExit) {
      read_all(kPollMs);
    }
    workers_.clear();
  }

  const std::vector<AnalysisPlan>& plans_;
  const SupervisorOptions& options_;
  const StallLimit limit_;
  std::list<SupervisedWorker> workers_;
  std::size_t next_ = 0;  // of the plans
  Outcomes outcomes_;
  bool is_passed_on_ = false;
  SupervisedWorker::Clock::time_point last_pass_ = SupervisedWorker::Clock::now();
};

}  // namespace

Outcomes run_workers(const std::vector<AnalysisPlan>& plans, const SupervisorOptions& options) {
  return Supervisor(plans, options).run();
}

}  // namespace gsttorch
