// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/base/executor.h"

#include <algorithm>
#include <exception>
#include <system_error>
#include <utility>

namespace gsttorch {

struct Executor::Job {
  std::function<void()> work;
  std::stop_token stop;
  State state = State::Waiting;
  std::exception_ptr thrown = {};
  std::condition_variable_any changed = {};
};

Executor::Executor(int workers, std::function<void()> enter_worker)
    : worker_count_(std::max(1, workers)), enter_worker_(std::move(enter_worker)) {}

Executor::~Executor() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool Executor::run(std::function<void()> work, JobOptions options) {
  Job job{std::move(work), options.stop};
  const auto has_begun = [&job] { return job.state != State::Waiting; };
  std::unique_lock lock(mutex_);
  start_workers();
  queue_of(options.priority).push_back(&job);
  changed_.notify_one();
  if (!job.changed.wait(lock, std::move(options.stop), has_begun)) {
    std::erase(queue_of(options.priority), &job);
    return false;
  }
  job.changed.wait(lock, [&job] { return job.state != State::Running; });
  if (job.thrown) std::rethrow_exception(job.thrown);
  return job.state == State::Done;
}

std::size_t Executor::waiting() const {
  const std::lock_guard lock(mutex_);
  return live_.size() + batch_.size();
}

// It is enough if some of the workers start; throws only if none does.
void Executor::start_workers() {
  try {
    while (static_cast<int>(threads_.size()) < worker_count_) {
      threads_.emplace_back([this] { run_worker(); });
    }
  } catch (const std::system_error&) {
    if (threads_.empty()) throw;
  }
}

std::deque<Executor::Job*>& Executor::queue_of(JobPriority priority) {
  return priority == JobPriority::Live ? live_ : batch_;
}

// Removes the job to start from its queue and returns it.
Executor::Job* Executor::next_job() {
  if (batch_.empty()) live_in_a_row_ = 0;
  const bool is_live = !live_.empty() && live_in_a_row_ < kLiveInARow;
  std::deque<Job*>& from = is_live || batch_.empty() ? live_ : batch_;
  if (from.empty()) return nullptr;
  Job* const job = from.front();
  from.pop_front();
  live_in_a_row_ = is_live ? live_in_a_row_ + 1 : 0;
  return job;
}

// No exception leaves the thread: if `enter_worker_` throws, the current job gets the exception.
void Executor::perform(Job& job, bool& has_entered) const {
  try {
    if (!has_entered && enter_worker_) enter_worker_();
    has_entered = true;
    job.work();
  } catch (...) {
    job.thrown = std::current_exception();
  }
}

void Executor::run_worker() {
  bool has_entered = false;
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ending_ || !live_.empty() || !batch_.empty(); });
    Job* const job = next_job();
    if (!job) return;
    // The thread that waits for the job may not have woken up yet.
    job->state = job->stop.stop_requested() ? State::TakenBack : State::Running;
    if (job->state == State::Running) {
      lock.unlock();
      perform(*job, has_entered);
      lock.lock();
      job->state = State::Done;
    }
    job->changed.notify_all();  // under the lock: the job is destroyed when its caller returns
  }
}

}  // namespace gsttorch
