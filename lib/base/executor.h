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
  Live,   ///< for a live pipeline, to which late results are worth nothing
  Batch,  ///< for work without a deadline
};

struct JobOptions {
  JobPriority priority = JobPriority::Batch;
  std::stop_token stop = {};  ///< cancels the job if no worker has started it
};

/// Runs jobs on a few threads of its own, the workers. All inference on a device goes through one
/// executor: streaming threads come and go, and OpenMP would create a team of threads for each one
/// that computed by itself. Thread-safe.
///
/// Live jobs start before batch jobs, and jobs of one priority start in the order of arrival. So
/// that a busy live pipeline does not starve the others, a waiting batch job starts after
/// kLiveInARow live jobs. The executor counts jobs instead of timing them: a running job is never
/// interrupted, so a live job has to wait for the running ones in any case, and a count makes the
/// order predictable.
class Executor {
 public:
  /// How many live jobs may start in a row while a batch job waits.
  static constexpr int kLiveInARow = 4;

  /// Each worker calls `enter_worker` on its thread before its first job. If that throws, the `run`
  /// of the job throws the exception, and the worker calls `enter_worker` again before the next
  /// job.
  explicit Executor(int workers, std::function<void()> enter_worker = {});
  /// No thread may be inside `run` any more.
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  /// Runs `work` on a worker and waits for it; rethrows its exception. If `stop` is requested
  /// before a worker starts the work, the work never runs and `run` returns false at once.
  ///
  /// The first call starts the workers. If the system refuses to create all of them, `run` throws
  /// std::system_error; if it refuses some, the others do the work. The next call tries again.
  bool run(std::function<void()> work, JobOptions options = {});

  int workers() const { return worker_count_; }

  /// Number of jobs that no worker has started yet.
  std::size_t waiting() const;

 private:
  enum class State { Waiting, TakenBack, Running, Done };
  struct Job;  // lives on the stack of `run`

  void start_workers();
  void run_worker();
  void perform(Job& job, bool& has_entered) const;
  Job* next_job();
  std::deque<Job*>& queue_of(JobPriority priority);

  const int worker_count_;
  const std::function<void()> enter_worker_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_, like the members of the jobs.
  std::deque<Job*> live_, batch_;  // waiting jobs
  int live_in_a_row_ = 0;          // live jobs started since a batch job started or none waited
  bool ending_ = false;
  std::vector<std::thread> threads_;  // guarded by mutex_ until the destructor joins them
};

}  // namespace gsttorch
