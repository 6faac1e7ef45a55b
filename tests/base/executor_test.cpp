// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/base/executor.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <latch>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/no_more_threads.h"

namespace gsttorch {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;

const JobOptions kLive{JobPriority::Live};
const JobOptions kBatch{JobPriority::Batch};

TEST(Executor, rethrows_exceptions_of_the_work_and_continues) {
  Executor executor(1);
  EXPECT_THROW(executor.run([] { throw std::runtime_error("broken"); }), std::runtime_error);
  bool ran = false;
  EXPECT_TRUE(executor.run([&] { ran = true; }));
  EXPECT_TRUE(ran);
}

void meet(std::latch& all) {
  all.count_down();
  for (int i = 0; i < 20000 && !all.try_wait(); i++) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_TRUE(all.try_wait());
}

TEST(Executor, lanes_work_side_by_side_and_each_is_entered_once) {
  std::atomic<int> entered = 0;
  Executor executor(2, [&] { entered++; });
  std::latch both(2);
  auto first = std::async(std::launch::async, [&] { executor.run([&] { meet(both); }); });
  executor.run([&] { meet(both); });
  first.get();
  for (int i = 0; i < 10; i++) executor.run([] {});
  EXPECT_EQ(entered, 2);
}

TEST(Executor, uses_the_same_threads_for_all_callers) {
  std::mutex mutex;
  std::set<std::thread::id> workers;
  Executor executor(1);
  std::vector<std::thread> askers;
  for (int i = 0; i < 4; i++) {
    askers.emplace_back([&] {
      executor.run([&] {
        const std::lock_guard lock(mutex);
        workers.insert(std::this_thread::get_id());
      });
    });
  }
  for (auto& asker : askers) asker.join();
  EXPECT_EQ(workers.size(), 1u);
}

TEST(Executor, releases_the_work_when_it_is_done) {
  Executor executor(1);
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> watched = held;
  executor.run([held = std::move(held)] {});
  EXPECT_TRUE(watched.expired());
}

// --- waiting jobs

/// An executor whose only worker is busy until `release`, so that jobs wait.
class BusyExecutorTest : public testing::Test {
 protected:
  BusyExecutorTest() {
    std::promise<void> is_busy;
    busy_ = std::async(std::launch::async, [this, &is_busy] {
      executor_.run([this, &is_busy] {
        is_busy.set_value();
        go_.get_future().wait_for(seconds(60));
      });
    });
    is_busy.get_future().wait();
  }

  /// Queues a job, behind the waiting ones, that records its name when it runs.
  std::future<bool> add(const std::string& name, JobOptions options) {
    const std::size_t before = executor_.waiting();
    auto ran = std::async(std::launch::async, [this, name, options = std::move(options)] {
      return executor_.run([this, name] { begun_.push_back(name); }, options);
    });
    while (executor_.waiting() == before) std::this_thread::yield();
    return ran;
  }

  void release() {
    go_.set_value();
    busy_.get();
  }

  std::vector<std::string> begun_;  // in order; written by the worker
  Executor executor_{1};

 private:
  std::promise<void> go_;
  std::future<void> busy_;
};

TEST_F(BusyExecutorTest, starts_the_oldest_first) {
  std::vector<std::future<bool>> jobs;
  for (const char* name : {"a", "b", "c", "d"}) jobs.push_back(add(name, kBatch));
  release();
  for (auto& job : jobs) EXPECT_TRUE(job.get());
  EXPECT_THAT(begun_, ElementsAre("a", "b", "c", "d"));
}

TEST_F(BusyExecutorTest, starts_live_jobs_before_batch_jobs) {
  std::vector<std::future<bool>> jobs;
  jobs.push_back(add("batch 1", kBatch));
  jobs.push_back(add("live 1", kLive));
  jobs.push_back(add("batch 2", kBatch));
  jobs.push_back(add("live 2", kLive));
  release();
  for (auto& job : jobs) EXPECT_TRUE(job.get());
  EXPECT_THAT(begun_, ElementsAre("live 1", "live 2", "batch 1", "batch 2"));
}

TEST_F(BusyExecutorTest, starts_a_batch_job_after_some_live_jobs) {
  std::vector<std::future<bool>> jobs;
  for (int i = 0; i < Executor::kLiveInARow * 2 + 1; i++) jobs.push_back(add("live", kLive));
  jobs.push_back(add("batch 1", kBatch));
  jobs.push_back(add("batch 2", kBatch));
  release();
  for (auto& job : jobs) EXPECT_TRUE(job.get());
  const auto place_of = [this](const char* name) {
    return std::find(begun_.begin(), begun_.end(), name) - begun_.begin();
  };
  EXPECT_EQ(place_of("batch 1"), Executor::kLiveInARow);
  EXPECT_EQ(place_of("batch 2"), Executor::kLiveInARow * 2 + 1);
}

TEST_F(BusyExecutorTest, cancels_a_job_at_once_if_no_worker_has_begun_it) {
  std::stop_source stop;
  auto live = add("live", {JobPriority::Live, stop.get_token()});
  auto batch = add("batch", {JobPriority::Batch, stop.get_token()});
  auto other = add("other", kBatch);
  stop.request_stop();
  EXPECT_FALSE(live.get());
  EXPECT_FALSE(batch.get());
  EXPECT_EQ(executor_.waiting(), 1u);
  release();
  EXPECT_TRUE(other.get());
  EXPECT_THAT(begun_, ElementsAre("other"));
}

TEST(Executor, runs_nothing_where_the_stop_was_requested_before) {
  Executor executor(1);
  std::stop_source stop;
  stop.request_stop();
  bool ran = false;
  for (int i = 0; i < 100; i++) {
    EXPECT_FALSE(executor.run([&] { ran = true; }, {JobPriority::Live, stop.get_token()}));
  }
  EXPECT_TRUE(executor.run([] {}));
  EXPECT_FALSE(ran);
}

TEST(Executor, waits_for_work_that_was_begun_though_a_stop_is_requested) {
  Executor executor(1);
  std::stop_source stop;
  bool is_over = false;
  const bool ran = executor.run(
      [&] {
        stop.request_stop();
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        is_over = true;
      },
      {JobPriority::Live, stop.get_token()});
  EXPECT_TRUE(ran);
  EXPECT_TRUE(is_over);
}

// A stop request may arrive while a worker dequeues the job. The job may run or not, but run() must
// return which.
TEST(Executor, returns_whether_the_work_ran) {
  Executor executor(2);
  for (int i = 0; i < 500; i++) {
    std::stop_source stop;
    std::atomic<bool> ran = false;
    auto answer = std::async(std::launch::async, [&] {
      return executor.run([&] { ran = true; }, {JobPriority::Batch, stop.get_token()});
    });
    stop.request_stop();
    const bool told = answer.get();
    EXPECT_EQ(told, ran);
  }
  EXPECT_EQ(executor.waiting(), 0u);
}

// --- workers that fail to start

TEST(Executor, throws_what_entering_a_worker_throws_and_tries_again) {
  int calls = 0;
  Executor executor(1, [&] {
    if (calls++ < 2) throw std::runtime_error("no stream");
  });
  bool ran = false;
  for (int i = 0; i < 2; i++) {
    EXPECT_THROW(executor.run([&] { ran = true; }), std::runtime_error);
    EXPECT_FALSE(ran);
  }
  EXPECT_TRUE(executor.run([&] { ran = true; }));
  EXPECT_TRUE(ran);
  EXPECT_TRUE(executor.run([] {}));
  EXPECT_EQ(calls, 3);
}

TEST(Executor, throws_where_no_worker_can_be_started_and_tries_again) {
  Executor executor(2);
  bool ran = false;
  {
    const NoMoreThreads here;
    EXPECT_THROW(executor.run([&] { ran = true; }), std::system_error);
  }
  EXPECT_FALSE(ran);
  EXPECT_EQ(executor.waiting(), 0u);
  EXPECT_TRUE(executor.run([&] { ran = true; }));
  EXPECT_TRUE(ran);
}

}  // namespace
}  // namespace gsttorch
