// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/models/weights_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temp_directory.h"

namespace gsttorch {
namespace {

ErrorCode code_of(const std::string& path) {
  const auto checked = check_weights_file(path);
  return checked ? ErrorCode::Cancelled : checked.error().code;
}

TEST(WeightsFile, knows_the_formats_by_their_first_bytes) {
  const TempDirectory directory;
  write_text(directory.path("a"), std::string("\x10\0\0\0\0\0\0\0{}", 10));
  write_text(directory.path("b"), std::string("PK\x03\x04rest of it", 14));
  write_text(directory.path("c"), std::string("\x80\x02rest of it", 12));
  for (const char* name : {"a", "b", "c"}) EXPECT_TRUE(check_weights_file(directory.path(name)));
}

TEST(WeightsFile, refuses_what_is_none) {
  const TempDirectory directory;
  write_text(directory.path("text"), "these are no weights");
  write_text(directory.path("short"), "PK\x03\x04");
  write_text(directory.path("empty"), "");
  for (const char* name : {"text", "short", "empty"}) {
    EXPECT_EQ(code_of(directory.path(name)), ErrorCode::Corrupt) << name;
  }
  EXPECT_EQ(code_of(directory.path("absent")), ErrorCode::NotFound);
  EXPECT_THAT(check_weights_file(directory.path("absent")).error().message,
              testing::HasSubstr("absent"));
}

TEST(WeightsFile, finds_a_path_only_where_it_is_one) {
  const TempDirectory directory;
  write_text(directory.path("weights"), std::string("PK\x03\x04rest of it", 14));
  write_text(directory.path("text"), "these are no weights");
  const auto found = find_weights(directory.path("weights"));
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, directory.path("weights"));
  EXPECT_EQ(find_weights(directory.path("text")).error().code, ErrorCode::Corrupt);
  EXPECT_EQ(find_weights(directory.path("absent")).error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace gsttorch
