// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/base/block_pool.h"

#include <cstring>
#include <limits>
#include <map>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/address_sanitizer.h"

namespace gsttorch {
namespace {

/// The heap with a limit; counts its allocated blocks.
class CountingSource : public BlockSource {
 public:
  void* allocate(std::size_t bytes) noexcept override {
    if (bytes > limit - held()) return nullptr;
    void* block = heap_.allocate(bytes);
    blocks[block] = bytes;
    return block;
  }
  void free(void* block, std::size_t bytes) noexcept override {
    EXPECT_EQ(blocks.at(block), bytes);
    blocks.erase(block);
    heap_.free(block, bytes);
  }
  std::size_t held() const {
    std::size_t sum = 0;
    for (const auto& [block, bytes] : blocks) sum += bytes;
    return sum;
  }

  std::map<void*, std::size_t> blocks;
  std::size_t limit = 1 << 20;

 private:
  HostBlockSource heap_;
};

class BlockPoolTest : public ::testing::Test {
 protected:
  std::shared_ptr<CountingSource> source_ = std::make_shared<CountingSource>();
  BlockPool pool_{source_, 4096};
};

TEST_F(BlockPoolTest, gives_a_block_of_the_same_size_again) {
  void* first = pool_.take(1000);
  pool_.give(first, 1000);
  EXPECT_EQ(pool_.take(1000), first);
  EXPECT_EQ(pool_.stats().allocations, 1u);
  EXPECT_EQ(pool_.stats().reuses, 1u);
  pool_.give(first, 1000);
}

TEST_F(BlockPoolTest, lets_nobody_touch_an_idle_block) {
  if (!kAddressSanitizer) GTEST_SKIP() << "needs AddressSanitizer: tools/sanitize address";
  void* block = pool_.take(1000);
  EXPECT_FALSE(is_access_forbidden(block, 1000));
  pool_.give(block, 1000);
  EXPECT_TRUE(is_access_forbidden(block, 1));
  EXPECT_TRUE(is_access_forbidden(static_cast<char*>(block) + 999, 1));
  EXPECT_EQ(pool_.take(1000), block);
  EXPECT_FALSE(is_access_forbidden(block, 1000));
  pool_.give(block, 1000);
}

TEST_F(BlockPoolTest, does_not_give_a_block_of_another_size) {
  pool_.give(pool_.take(2000), 2000);
  pool_.give(pool_.take(1000), 1000);
  EXPECT_EQ(pool_.stats().allocations, 2u);
  EXPECT_EQ(pool_.stats().reuses, 0u);
  EXPECT_EQ(pool_.stats().idle_blocks, 2u);
}

TEST_F(BlockPoolTest, aligns_blocks_and_counts_what_they_really_take) {
  void* block = pool_.take(65);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % kBlockAlignment, 0u);
  std::memset(block, 1, 65);
  EXPECT_EQ(pool_.stats().live_blocks, 1u);
  EXPECT_EQ(pool_.stats().live_bytes, 128u);
  EXPECT_EQ(source_->held(), 128u);
  pool_.give(block, 65);
  EXPECT_EQ(pool_.stats().live_blocks, 0u);
  EXPECT_EQ(pool_.stats().live_bytes, 0u);
  EXPECT_EQ(pool_.stats().idle_bytes, 128u);
}

TEST_F(BlockPoolTest, never_keeps_more_than_its_bound_and_drops_the_oldest) {
  std::vector<void*> blocks;
  for (int i = 0; i < 3; i++) blocks.push_back(pool_.take(1024));
  void* other = pool_.take(2048);
  for (void* block : blocks) pool_.give(block, 1024);
  pool_.give(other, 2048);
  EXPECT_EQ(pool_.stats().idle_bytes, 4096u);
  EXPECT_EQ(source_->blocks.count(blocks[0]), 0u);
  EXPECT_EQ(source_->blocks.count(blocks[1]), 1u);
  EXPECT_EQ(source_->blocks.count(blocks[2]), 1u);
  EXPECT_EQ(source_->blocks.count(other), 1u);
}

TEST_F(BlockPoolTest, drops_sizes_that_nobody_wants_any_more) {
  std::vector<void*> old;
  for (int i = 0; i < 4; i++) old.push_back(pool_.take(1024));
  for (void* block : old) pool_.give(block, 1024);
  for (int i = 0; i < 3; i++) pool_.give(pool_.take(4096), 4096);
  EXPECT_EQ(pool_.stats().reuses, 2u);
  EXPECT_EQ(source_->blocks.size(), 1u) << "the new size alone";
}

TEST_F(BlockPoolTest, does_not_keep_a_block_larger_than_its_bound) {
  void* small = pool_.take(1024);
  void* large = pool_.take(8192);
  pool_.give(small, 1024);
  pool_.give(large, 8192);
  EXPECT_EQ(source_->blocks.count(small), 1u);
  EXPECT_EQ(source_->blocks.count(large), 0u);
}

TEST_F(BlockPoolTest, shrinks_at_once_when_its_bound_does) {
  void* first = pool_.take(1024);
  void* second = pool_.take(1024);
  pool_.give(first, 1024);
  pool_.give(second, 1024);
  pool_.set_max_idle_bytes(1500);
  EXPECT_EQ(pool_.max_idle_bytes(), 1500u);
  EXPECT_EQ(source_->held(), 1024u);
  pool_.set_max_idle_bytes(0);
  EXPECT_EQ(source_->held(), 0u);
}

TEST_F(BlockPoolTest, gives_up_what_is_idle_before_it_fails) {
  source_->limit = 4096;
  pool_.give(pool_.take(3072), 3072);
  void* block = pool_.take(2048);
  EXPECT_NE(block, nullptr);
  EXPECT_EQ(pool_.stats().idle_blocks, 0u);
  EXPECT_EQ(pool_.take(4096), nullptr);
  EXPECT_EQ(pool_.stats().live_blocks, 1u);
  pool_.give(block, 2048);
}

TEST_F(BlockPoolTest, has_no_block_of_an_absurd_size) {
  EXPECT_EQ(pool_.take(std::numeric_limits<std::size_t>::max()), nullptr);
  EXPECT_EQ(pool_.stats().live_blocks, 0u);
}

TEST(BlockPool, returns_everything_to_its_source_at_its_end) {
  const auto source = std::make_shared<CountingSource>();
  {
    BlockPool pool(source, 4096);
    pool.give(pool.take(1000), 1000);
    EXPECT_EQ(source->blocks.size(), 1u);
  }
  EXPECT_EQ(source->blocks.size(), 0u);
}

TEST(BlockPool, serves_threads_at_once) {
  BlockPool pool(std::make_shared<HostBlockSource>(), 1 << 16);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; t++) {
    threads.emplace_back([&pool, t] {
      for (int i = 0; i < 1000; i++) {
        const std::size_t size = 64u << (i + t) % 4;
        auto* block = static_cast<unsigned char*>(pool.take(size));
        std::memset(block, t, size);
        EXPECT_EQ(block[size - 1], t);
        pool.give(block, size);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const BlockPoolStats stats = pool.stats();
  EXPECT_EQ(stats.live_blocks, 0u);
  EXPECT_EQ(stats.allocations + stats.reuses, 4000u);
  EXPECT_LE(stats.idle_bytes, std::size_t{1 << 16});
}

}  // namespace
}  // namespace gsttorch
