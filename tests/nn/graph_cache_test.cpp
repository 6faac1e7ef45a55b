// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors

// What is replayed on a GPU is tested with the models, in tests/nn/device; here that all else
// continues.
#include "lib/nn/graph/graph_cache.h"

#include <stdexcept>

#include <gtest/gtest.h>

#include <ATen/ATen.h>

namespace gsttorch {
namespace {

TEST(GraphCache, does_the_work_at_every_call_on_the_cpu) {
  GraphCache cache(c10::kCPU);
  int calls = 0;
  for (int i = 1; i <= 4; i++) {
    const auto made = cache.run("double", {at::full({3}, i)}, [&](const GraphCache::Tensors& in) {
      calls++;
      return GraphCache::Tensors{in[0] * 2};
    });
    ASSERT_EQ(made.size(), 1U);
    EXPECT_TRUE(at::equal(made[0], at::full({3}, 2 * i)));
    EXPECT_EQ(calls, i);
  }
}

TEST(GraphCache, rethrows_exceptions_of_the_work) {
  GraphCache cache(c10::kCPU);
  const auto fail = [](const GraphCache::Tensors&) -> GraphCache::Tensors {
    throw std::runtime_error("no");
  };
  for (int i = 0; i < 3; i++) EXPECT_THROW(cache.run("fail", {}, fail), std::runtime_error);
}

}  // namespace
}  // namespace gsttorch
