// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/base/lru_cache.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace gsttorch {
namespace {

using Value = std::shared_ptr<int>;

Value value(int number) { return std::make_shared<int>(number); }

TEST(LruCache, finds_what_was_put_and_counts) {
  LruCache<std::string, Value> cache;
  cache.put("a", value(1), 10);
  ASSERT_TRUE(cache.find("a"));
  EXPECT_EQ(*cache.find("a"), 1);
  EXPECT_FALSE(cache.find("b"));
  EXPECT_EQ(cache.counts().hits, 2u);
  EXPECT_EQ(cache.counts().misses, 1u);
  EXPECT_EQ(cache.counts().bytes, 10u);
}

TEST(LruCache, gives_up_what_was_not_asked_for_the_longest) {
  LruCache<int, Value> cache(30);
  for (int i = 0; i < 3; i++) cache.put(i, value(i), 10);
  cache.find(0);
  cache.put(3, value(3), 10);
  EXPECT_TRUE(cache.find(0));
  EXPECT_FALSE(cache.find(1));
  EXPECT_EQ(cache.counts().evictions, 1u);
  EXPECT_EQ(cache.counts().bytes, 30u);
}

TEST(LruCache, shrinks_with_its_budget_and_keeps_nothing_larger) {
  LruCache<int, Value> cache(100);
  for (int i = 0; i < 4; i++) cache.put(i, value(i), 20);
  cache.set_budget(40);
  EXPECT_EQ(cache.size(), 2u);
  cache.put(9, value(9), 41);
  EXPECT_EQ(cache.size(), 0u);
  EXPECT_EQ(cache.counts().bytes, 0u);
}

TEST(LruCache, replaces_and_erases_with_exact_bytes) {
  LruCache<int, Value> cache;
  cache.put(1, value(1), 10);
  cache.put(1, value(2), 25);
  EXPECT_EQ(*cache.find(1), 2);
  EXPECT_EQ(cache.counts().bytes, 25u);
  cache.put(2, value(2), 5);
  cache.erase_if([](int key) { return key == 1; });
  EXPECT_EQ(cache.counts().bytes, 5u);
  cache.clear();
  EXPECT_EQ(cache.counts().bytes, 0u);
  EXPECT_EQ(cache.counts().evictions, 0u);
}

TEST(LruCache, lets_go_of_values) {
  LruCache<int, Value> cache(10);
  const std::weak_ptr<int> watched = [&] {
    Value first = value(1);
    cache.put(1, first, 10);
    return first;
  }();
  EXPECT_FALSE(watched.expired());
  cache.put(2, value(2), 10);
  EXPECT_TRUE(watched.expired());
}

TEST(LruCache, measures_values_again_and_gives_some_up_where_they_have_grown) {
  LruCache<int, Value> cache(100);
  cache.put(1, value(10), 40);
  cache.put(2, value(20), 40);
  cache.measure([](const Value& number) { return std::size_t(*number); });
  EXPECT_EQ(cache.counts().bytes, 30u);
  EXPECT_EQ(cache.size(), 2u);
  cache.measure([](const Value& number) { return std::size_t(*number) * 4; });
  EXPECT_EQ(cache.counts().bytes, 80u);
  EXPECT_EQ(cache.counts().evictions, 1u);
  EXPECT_FALSE(cache.find(1));
}

}  // namespace
}  // namespace gsttorch
