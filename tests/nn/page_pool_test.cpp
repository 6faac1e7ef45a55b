// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/memory/page_pool.h"

#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace gsttorch {
namespace {

constexpr std::size_t kBlock = 1 << 20;

TEST(PagePool, gives_a_freed_block_again) {
  PagePool pool;
  void* held = pool.take(kBlock);
  void* block = pool.take(kBlock);
  pool.give(block, kBlock);
  EXPECT_EQ(pool.take(kBlock), block);
  pool.give(block, kBlock);
  pool.give(held, kBlock);
}

TEST(PagePool, splits_a_free_block_and_joins_it_again) {
  PagePool pool;
  void* held = pool.take(kBlock);
  void* whole = pool.take(4 * kBlock);
  pool.give(whole, 4 * kBlock);
  void* first = pool.take(kBlock);
  void* second = pool.take(3 * kBlock);
  EXPECT_EQ(first, whole);
  EXPECT_EQ(second, static_cast<char*>(whole) + kBlock);
  pool.give(first, kBlock);
  pool.give(second, 3 * kBlock);
  EXPECT_EQ(pool.take(4 * kBlock), whole);
  EXPECT_EQ(pool.reserved(), 5 * kBlock);
  pool.give(whole, 4 * kBlock);
  pool.give(held, kBlock);
}

TEST(PagePool, joins_a_freed_block_with_the_free_one_behind_it) {
  PagePool pool;
  void* held = pool.take(kBlock);
  void* whole = pool.take(4 * kBlock);
  pool.give(whole, 4 * kBlock);
  void* first = pool.take(kBlock);
  void* second = pool.take(3 * kBlock);
  pool.give(second, 3 * kBlock);
  pool.give(first, kBlock);
  EXPECT_EQ(pool.take(4 * kBlock), whole);
  pool.give(whole, 4 * kBlock);
  pool.give(held, kBlock);
}

TEST(PagePool, holds_hardly_more_than_was_ever_in_use) {
  PagePool pool;
  std::mt19937 random(1);
  std::vector<std::pair<void*, std::size_t>> live;
  std::size_t most = 0;
  for (int i = 0; i < 2000; i++) {
    if (live.size() > 20 || (!live.empty() && random() % 2)) {
      std::swap(live[random() % live.size()], live.back());
      pool.give(live.back().first, live.back().second);
      live.pop_back();
    } else {
      const std::size_t bytes = 1 + random() % kBlock;
      live.emplace_back(pool.take(bytes), bytes);
    }
    most = std::max(most, pool.in_use());
    ASSERT_GE(pool.reserved(), pool.in_use());
    ASSERT_LE(pool.reserved(), most + most / 16);
    if (live.empty()) most = 0;
  }
  for (const auto& [block, bytes] : live) pool.give(block, bytes);
}

TEST(PagePool, returns_everything_when_nothing_is_in_use) {
  PagePool pool;
  void* a = pool.take(kBlock);
  void* b = pool.take(3 * kBlock);
  pool.give(a, kBlock);
  EXPECT_EQ(pool.reserved(), 4 * kBlock);
  pool.give(b, 3 * kBlock);
  EXPECT_EQ(pool.reserved(), 0u);
}

TEST(PagePool, returns_what_is_free_when_it_is_trimmed) {
  PagePool pool;
  void* a = pool.take(kBlock);
  pool.give(pool.take(3 * kBlock), 3 * kBlock);
  EXPECT_EQ(pool.reserved(), 4 * kBlock);
  pool.trim();
  EXPECT_EQ(pool.reserved(), kBlock);
  pool.give(a, kBlock);
}

TEST(PagePool, has_null_for_what_the_system_does_not_have) {
  PagePool pool;
  EXPECT_EQ(pool.take(std::size_t{1} << 62), nullptr);
  EXPECT_EQ(pool.in_use(), 0u);
}

TEST(PagePool, keeps_the_blocks_of_threads_apart) {
  PagePool pool;
  const auto work = [&pool](unsigned char mark) {
    std::mt19937 random(mark);
    for (int i = 0; i < 300; i++) {
      const std::size_t bytes = 1 + random() % (kBlock / 4);
      auto* block = static_cast<unsigned char*>(pool.take(bytes));
      std::memset(block, mark, bytes);
      EXPECT_EQ(block[0], mark);
      EXPECT_EQ(block[bytes - 1], mark);
      pool.give(block, bytes);
    }
  };
  {
    std::vector<std::jthread> threads;
    for (unsigned char mark = 1; mark <= 4; mark++) threads.emplace_back(work, mark);
  }
  EXPECT_EQ(pool.in_use(), 0u);
  EXPECT_EQ(pool.reserved(), 0u);
}

}  // namespace
}  // namespace gsttorch
