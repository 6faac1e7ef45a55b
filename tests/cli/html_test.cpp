// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/support/html.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gsttorch {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Html, escapes_all_that_is_markup) {
  EXPECT_EQ(escaped("<a href='x'>\"&amp;\"</a>"),
            "&lt;a href=&#39;x&#39;&gt;&quot;&amp;amp;&quot;&lt;/a&gt;");
}

TEST(Html, replaces_bytes_that_are_no_text) {
  EXPECT_EQ(escaped("a\xff\xfe z"), "a\xef\xbf\xbd\xef\xbf\xbd z");
}

TEST(Html, has_a_dash_for_what_is_no_number) {
  EXPECT_EQ(format_number(1.25, 1), "1.2");
  EXPECT_EQ(format_number(std::nullopt, 1), "–");
  EXPECT_EQ(format_number(std::numeric_limits<double>::quiet_NaN(), 1), "–");
}

TEST(Html, groups_the_digits_of_counts) {
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1234567), "1\u202f234\u202f567");
}

TEST(Html, tells_bytes_in_binary_units) {
  EXPECT_EQ(format_bytes(512), "512 bytes");
  EXPECT_EQ(format_bytes(3 * 1048576), "3.0 MiB");
}

TEST(Html, tells_times_to_the_hundredth) {
  EXPECT_EQ(format_time(7.48), "0:07.48");
  EXPECT_EQ(format_time(59.999), "1:00.00");
  EXPECT_EQ(format_time(3723), "1:02:03.00");
}

TEST(Html, addresses_stay_below_the_page) {
  EXPECT_EQ(relative_address("a b/c#d?.html"), "./a%20b/c%23d%3F.html");
  EXPECT_EQ(relative_address("javascript:x"), "./javascript:x");
}

TEST(Table, has_a_caption_and_as_many_cells_as_columns) {
  Table table("A & B", {{"text", Table::Align::Text}, {"number"}});
  EXPECT_TRUE(table.is_empty());
  table.row({"x", "1", "one too many"});
  EXPECT_THAT(table.html(), HasSubstr("<caption>A &amp; B</caption>"));
  EXPECT_THAT(table.html(), HasSubstr("<tr><td>x<td class=n>1\n"));
  EXPECT_THAT(table.html(), Not(HasSubstr("one too many")));
}

}  // namespace
}  // namespace gsttorch
