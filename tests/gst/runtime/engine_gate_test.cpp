// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/runtime/engine_gate.h"

#include <future>
#include <optional>

#include <gtest/gtest.h>

namespace gsttorch {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(EngineGate, lets_in_until_it_is_closed) {
  EngineGate gate;
  EXPECT_TRUE(EngineUse(gate));
  EXPECT_TRUE(EngineUse(gate));
  EXPECT_TRUE(gate.close(seconds(20)));
  EXPECT_FALSE(EngineUse(gate));
}

TEST(EngineGate, waits_for_all_inside_while_nobody_else_enters) {
  EngineGate gate;
  std::optional<EngineUse> first(std::in_place, gate), second(std::in_place, gate);
  auto closed = std::async(std::launch::async, [&] { return gate.close(seconds(20)); });
  while (EngineUse(gate)) std::this_thread::yield();
  first.reset();
  EXPECT_EQ(closed.wait_for(milliseconds(20)), std::future_status::timeout);
  second.reset();
  EXPECT_TRUE(closed.get());
}

TEST(EngineGate, does_not_wait_for_ever) {
  EngineGate gate;
  const EngineUse stays(gate);
  EXPECT_FALSE(gate.close(milliseconds(1)));
  EXPECT_FALSE(EngineUse(gate));
}

}  // namespace
}  // namespace gsttorch
