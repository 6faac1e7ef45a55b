// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace gsttorch {

enum class JobPriority {
  Live,   ///< of a live pipeline, where what comes too late is worth nothing
  Batch,  ///< of whatever may take its time
};

struct JobOptions {
  JobPriority priority = JobPriority::Batch;
  std::stop_token stop = {};  ///< takes the job back where no worker has begun it
};

/// Runs work on a few threads of its own, its workers. All inference of a device goes through one
/// executor: streaming threads come and go, and each one that computed by itself would have a team
/// of OpenMP threads built for it. Thread-safe.
///
/// Live jobs are started before batch jobs, and within one priority the oldest is. So that a live
/// pipeline that always has work does not starve the others, a batch job that waits is started
/// after kLiveInARow live jobs. Jobs are counted, not timed: no job is interrupted for another, so
/// a live job waits for those that run in any case, and a count makes the order easy to predict.
class Executor {
 public:
  /// How many live jobs are started in a row while a batch job waits.
  static constexpr int kLiveInARow = 4;

  /// `enter_worker` is called on each worker's thread before its first job. What it throws is
  /// thrown by the `run` of that job, and it is called again for the next one.
  explicit Executor(int workers, std::function<void()> enter_worker = {});
  /// Nobody may be in `run` any more.
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  /// Runs work on a worker and waits for it; throws what it throws. Returns false where `stop` was
  /// requested before a worker began the work: then it never runs, and the caller returns at once.
  ///
  /// The first call starts the workers. Where the system refuses every thread, that is thrown here
  /// (std::system_error); where it refuses some, the others do the work. The next call tries again.
  bool run(std::function<void()> work, JobOptions options = {});

  int workers() const { return worker_count_; }

  /// How many jobs no worker has begun yet.
  std::size_t waiting() const;

 private:
  enum class State { Waiting, TakenBack, Running, Done };
  struct Job;  // lives in `run`

  void start_workers();
  void run_worker();
  void perform(Job& job, bool& has_entered) const;
  Job* next_job();
  std::deque<Job*>& queue_of(JobPriority priority);

  const int worker_count_;
  const std::function<void()> enter_worker_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_, jobs' members too.
  std::deque<Job*> live_, batch_;  // those that wait
  int live_in_a_row_ = 0;          // started since a batch job was, or none waited
  bool ending_ = false;
  std::vector<std::thread> threads_;  // guarded by mutex_ until the end
};

}  // namespace gsttorch
