// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/core/executor.h"

#include <algorithm>
#include <utility>

namespace gsttorch {

Executor::Executor(int lanes, std::function<void()> enter_lane)
    : lanes_(std::max(1, lanes)), enter_lane_(std::move(enter_lane)) {}

Executor::~Executor() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

std::future<void> Executor::submit(std::function<void()> work) {
  std::packaged_task<void()> task(std::move(work));
  std::future<void> done = task.get_future();
  {
    const std::lock_guard lock(mutex_);
    while (static_cast<int>(threads_.size()) < lanes_) {
      threads_.emplace_back([this] { work_in_lane(); });
    }
    waiting_.push_back(std::move(task));
  }
  changed_.notify_one();
  return done;
}

void Executor::work_in_lane() {
  if (enter_lane_) enter_lane_();
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    std::packaged_task<void()> task = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    task();
    task = {};  // what the work captured goes before anybody waits for the lane again
    lock.lock();
  }
}

}  // namespace gsttorch
