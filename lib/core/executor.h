// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

namespace gsttorch {

/// Runs work on a few threads of its own, its lanes, oldest first. All inference of a device goes
/// through one executor: streaming threads come and go, and each one that computed by itself would
/// have a team of OpenMP threads built for it. Thread-safe.
class Executor {
 public:
  /// `enter_lane` is called once at the start of each lane's thread, which happens with the first
  /// work.
  explicit Executor(int lanes, std::function<void()> enter_lane = {});
  /// Finishes the work that was handed in.
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  /// Hands work in. The future holds what it throws.
  std::future<void> submit(std::function<void()> work);

  /// Hands work in and waits for it; throws what it throws.
  void run(std::function<void()> work) { submit(std::move(work)).get(); }

  int lanes() const { return lanes_; }

 private:
  void work_in_lane();

  const int lanes_;
  const std::function<void()> enter_lane_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::packaged_task<void()>> waiting_;  // guarded by mutex_
  bool ending_ = false;                             // guarded by mutex_
  std::vector<std::thread> threads_;                // guarded by mutex_ until the end
};

}  // namespace gsttorch
