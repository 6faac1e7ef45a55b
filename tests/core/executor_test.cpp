// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/core/executor.h"

#include <atomic>
#include <set>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gsttorch {
namespace {

TEST(Executor, runs_work_in_the_order_it_was_handed_in) {
  std::vector<int> done;
  std::vector<std::future<void>> futures;
  Executor executor(1);
  for (int i = 0; i < 50; i++)
    futures.push_back(executor.submit([&done, i] { done.push_back(i); }));
  for (auto& future : futures) future.get();
  EXPECT_EQ(done.size(), 50u);
  EXPECT_TRUE(std::is_sorted(done.begin(), done.end()));
}

TEST(Executor, hands_back_what_the_work_throws_and_goes_on) {
  Executor executor(1);
  EXPECT_THROW(executor.run([] { throw std::runtime_error("broken"); }), std::runtime_error);
  bool ran = false;
  executor.run([&] { ran = true; });
  EXPECT_TRUE(ran);
}

TEST(Executor, lanes_work_side_by_side_and_each_is_entered_once) {
  std::atomic<int> entered = 0;
  Executor executor(2, [&] { entered++; });
  std::promise<void> first_is_in;
  auto first = executor.submit([&, second_is_in = first_is_in.get_future().share()] {
    EXPECT_EQ(second_is_in.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  });
  auto second = executor.submit([&] { first_is_in.set_value(); });
  first.get();
  second.get();
  for (int i = 0; i < 10; i++) executor.run([] {});
  EXPECT_EQ(entered, 2);
}

TEST(Executor, uses_the_same_threads_for_whoever_asks) {
  std::mutex mutex;
  std::set<std::thread::id> lanes;
  Executor executor(1);
  std::vector<std::thread> askers;
  for (int i = 0; i < 4; i++) {
    askers.emplace_back([&] {
      executor.run([&] {
        const std::lock_guard lock(mutex);
        lanes.insert(std::this_thread::get_id());
      });
    });
  }
  for (auto& asker : askers) asker.join();
  EXPECT_EQ(lanes.size(), 1u);
}

TEST(Executor, finishes_what_was_handed_in_before_it_goes) {
  std::atomic<int> done = 0;
  {
    Executor executor(1);
    for (int i = 0; i < 20; i++) executor.submit([&] { done++; });
  }
  EXPECT_EQ(done, 20);
}

TEST(Executor, lets_go_of_what_the_work_held_when_it_is_done) {
  Executor executor(1);
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> watched = held;
  executor.run([held = std::move(held)] {});
  executor.run([] {});
  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace gsttorch
