// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/base/bounded_queue.h"

#include <memory>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gsttorch {
namespace {

TEST(BoundedQueue, hands_over_everything_in_order_and_never_holds_more_than_its_capacity) {
  BoundedQueue<int> queue;
  std::vector<int> taken;
  std::size_t fullest = 0;
  std::thread taker([&] {
    while (const auto item = queue.pop()) {
      fullest = std::max(fullest, queue.size());
      taken.push_back(*item);
    }
  });
  std::vector<int> given;
  for (int i = 0; i < 1000; i++) {
    given.push_back(i);
    EXPECT_EQ(queue.push(i, 3), QueueState::Open);
  }
  queue.set_state(QueueState::Closed);
  taker.join();
  EXPECT_EQ(taken, given);
  EXPECT_LE(fullest, 3u);
}

TEST(BoundedQueue, drains_when_the_last_item_has_been_worked_on) {
  BoundedQueue<int> queue;
  int worked = 0;  // written by the taker, read after drain(); the queue's lock orders both
  std::thread taker([&] {
    while (queue.pop()) worked++;
  });
  for (int i = 0; i < 100; i++) {
    queue.push(i, 100);
    ASSERT_EQ(queue.drain(), QueueState::Open);
    EXPECT_EQ(worked, i + 1);
  }
  queue.set_state(QueueState::Closed);
  taker.join();
}

TEST(BoundedQueue, releases_a_waiting_producer_on_interruption_and_keeps_its_items) {
  BoundedQueue<int> queue;
  ASSERT_EQ(queue.push(1, 1), QueueState::Open);
  std::thread giver([&] { EXPECT_EQ(queue.push(2, 1), QueueState::Interrupted); });
  queue.set_state(QueueState::Interrupted);
  giver.join();
  EXPECT_EQ(queue.drain(), QueueState::Interrupted);
  queue.set_state(QueueState::Open);
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.push(3, 1), QueueState::Open);
}

TEST(BoundedQueue, returns_the_remaining_items_after_it_was_closed) {
  BoundedQueue<int> queue;
  queue.push(1, 2);
  queue.push(2, 2);
  queue.set_state(QueueState::Closed);
  EXPECT_EQ(queue.push(3, 9), QueueState::Closed);
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop(), 2);
  EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(BoundedQueue, drops_all_items_when_the_consumer_fails) {
  BoundedQueue<std::shared_ptr<int>> queue;
  const auto item = std::make_shared<int>(1);
  queue.push(item, 1);
  std::thread giver([&] { EXPECT_EQ(queue.push(item, 1), QueueState::Failed); });
  queue.set_state(QueueState::Failed);
  giver.join();
  EXPECT_EQ(queue.drain(), QueueState::Failed);
  EXPECT_EQ(queue.pop(), std::nullopt);
  EXPECT_EQ(item.use_count(), 1);
}

TEST(BoundedQueue, refuses_items_beyond_its_capacity_from_a_producer_that_does_not_wait) {
  BoundedQueue<int> queue;
  EXPECT_TRUE(queue.try_push(1, 2));
  EXPECT_TRUE(queue.try_push(2, 2));
  EXPECT_FALSE(queue.try_push(3, 2));
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_TRUE(queue.try_push(4, 2));
  queue.set_state(QueueState::Closed);
  EXPECT_FALSE(queue.try_push(5, 9));
  EXPECT_EQ(queue.pop(), 2);
  EXPECT_EQ(queue.pop(), 4);
  EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(BoundedQueue, stays_failed_or_closed_until_it_is_reset) {
  BoundedQueue<int> queue;
  queue.set_state(QueueState::Failed);
  queue.set_state(QueueState::Open);
  EXPECT_EQ(queue.push(1, 1), QueueState::Failed);
  queue.reset();
  EXPECT_EQ(queue.push(1, 1), QueueState::Open);
}

}  // namespace
}  // namespace gsttorch
