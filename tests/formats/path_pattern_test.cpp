// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/formats/path_pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gsttorch {
namespace {

std::string path(const std::string& pattern, std::uint64_t number) {
  const auto numbered = PathPattern::create(pattern);
  return numbered ? numbered->path(number) : numbered.error().message;
}

TEST(PathPattern, puts_the_number_where_the_pattern_says) {
  EXPECT_EQ(path("debug/%05d.png", 12), "debug/00012.png");
  EXPECT_EQ(path("%d", 7), "7");
  EXPECT_EQ(path("a%3d.png", 7), "a  7.png");
  EXPECT_EQ(path("100%% %02d %%d", 7), "100% 07 %d");
  EXPECT_EQ(path("%02d", 12345678901), "12345678901");
}

TEST(PathPattern, without_exactly_one_number_is_refused) {
  for (const char* pattern : {"", "a.png", "%%d.png", "%d-%d.png", "%s.png", "%d%s", "%5", "%",
                              "%*d", "%n%d", "%-5d", "%99999d", "%05i"}) {
    const auto numbered = PathPattern::create(pattern);
    ASSERT_FALSE(numbered) << pattern;
    EXPECT_EQ(numbered.error().code, ErrorCode::BadArgument);
    EXPECT_THAT(numbered.error().message, ::testing::HasSubstr(pattern));
  }
}

}  // namespace
}  // namespace gsttorch
