// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/cpu/thread_pool.h"

#include <atomic>
#include <cmath>
#include <cstdint>
#include <latch>
#include <limits>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace gsttorch {
namespace {

TEST(ThreadPool, does_every_piece_once_whatever_the_number_of_threads) {
  for (const int threads : {0, 1, 2, 3, 8}) {
    ThreadPool pool(threads);
    for (int round = 0; round < 300; round++) {
      const std::int64_t count = round % 17;
      std::vector<std::atomic<int>> done(static_cast<std::size_t>(count));
      pool.run(count, [&](std::int64_t piece) { done[piece]++; });
      for (const auto& times : done) ASSERT_EQ(times, 1) << threads << " threads, round " << round;
    }
  }
}

TEST(ThreadPool, works_with_several_threads_at_the_same_time) {
  ThreadPool pool(3);
  std::latch all_there(3);  // each piece waits until the three run
  std::mutex mutex;
  std::set<std::thread::id> ids;
  pool.run(3, [&](std::int64_t) {
    all_there.arrive_and_wait();
    const std::lock_guard lock(mutex);
    ids.insert(std::this_thread::get_id());
  });
  EXPECT_EQ(ids.size(), 3u);
}

// A helper that is busy elsewhere must not hold up the caller: here it is in the piece before.
TEST(ThreadPool, one_thread_does_the_pieces_that_the_others_do_not_take) {
  ThreadPool pool(2);
  std::atomic<int> done{0};
  pool.run(50, [&](std::int64_t piece) {
    if (piece == 0) {
      while (done < 49) std::this_thread::yield();
    } else {
      done++;
    }
  });
  EXPECT_EQ(done, 49);
}

TEST(ThreadPool, throws_the_exception_of_a_piece_after_the_others_and_can_be_used_again) {
  ThreadPool pool(3);
  for (int round = 0; round < 20; round++) {
    std::atomic<int> others{0};
    EXPECT_THROW(pool.run(20,
                          [&](std::int64_t piece) {
                            if (piece == 7) throw std::runtime_error("seven");
                            others++;
                          }),
                 std::runtime_error);
    EXPECT_EQ(others, 19);
  }
  int pieces = 0;
  ThreadPool alone(1);
  EXPECT_THROW(alone.run(2, [](std::int64_t) { throw std::runtime_error("first"); }),
               std::runtime_error);
  alone.run(2, [&](std::int64_t) { pieces++; });
  EXPECT_EQ(pieces, 2);
}

TEST(ThreadPool, a_piece_that_has_pieces_does_them_itself) {
  ThreadPool pool(3), other(3);
  std::atomic<int> done{0}, elsewhere{0};
  pool.run(6, [&](std::int64_t) {
    const auto me = std::this_thread::get_id();
    const auto piece = [&](std::int64_t) {
      done++;
      elsewhere += std::this_thread::get_id() != me;
    };
    pool.run(5, piece);
    other.run(5, piece);
  });
  EXPECT_EQ(done, 60);
  EXPECT_EQ(elsewhere, 0);
}

TEST(ThreadPool, threads_have_numbers) {
  ThreadPool pool(3);
  std::latch all_there(3);
  std::vector<std::atomic<int>> seen(3);
  pool.run(3, [&](std::int64_t) {
    all_there.arrive_and_wait();
    seen.at(static_cast<std::size_t>(ThreadPool::thread_number()))++;
  });
  for (const auto& times : seen) EXPECT_EQ(times, 1);
  EXPECT_EQ(ThreadPool::thread_number(), 0);
}

TEST(ThreadPool, wakes_helpers_that_sleep) {
  ThreadPool pool(2);
  for (int round = 0; round < 20; round++) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    std::latch both(2);
    pool.run(2, [&](std::int64_t) { both.arrive_and_wait(); });
  }
}

TEST(ThreadPool, computes_with_zero_instead_of_denormal_numbers) {
#if defined(__x86_64__)
  for (const int threads : {1, 2}) {
    ThreadPool pool(threads);
    const volatile float smallest = std::numeric_limits<float>::min();
    std::latch both(threads);
    std::vector<float> halves(static_cast<std::size_t>(threads), 1.F);
    pool.run(threads, [&](std::int64_t piece) {
      both.arrive_and_wait();
      halves[piece] = smallest / 2;
    });
    for (const float half : halves) EXPECT_EQ(half, 0.F);
    EXPECT_GT(smallest / 2, 0.F) << "the caller computes as before";
  }
#else
  GTEST_SKIP() << "only x86 is set up so";
#endif
}

}  // namespace
}  // namespace gsttorch
