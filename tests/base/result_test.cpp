// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/base/result.h"

#include <memory>

#include <gtest/gtest.h>

namespace gsttorch {
namespace {

Result<std::unique_ptr<int>> make(bool good) {
  if (!good) return Error{ErrorCode::NotFound, "no such thing"};
  return std::make_unique<int>(7);
}

TEST(Result, gives_up_a_move_only_value) {
  auto result = make(true);
  ASSERT_TRUE(result);
  const std::unique_ptr<int> value = std::move(result).value();
  EXPECT_EQ(*value, 7);
}

TEST(Result, carries_code_and_message_of_a_failure) {
  const auto result = make(false);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::NotFound);
  EXPECT_EQ(result.error().message, "no such thing");
}

TEST(Result, of_nothing_is_success_until_it_holds_an_error) {
  Result<void> result;
  EXPECT_TRUE(result);
  result = Error{ErrorCode::Failed, "broken"};
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "broken");
}

}  // namespace
}  // namespace gsttorch
