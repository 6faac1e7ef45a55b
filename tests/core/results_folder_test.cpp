// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/core/results_folder.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "lib/core/flow_file.h"
#include "tests/support/file_limit.h"
#include "tests/support/temp_folder.h"

namespace gsttorch {
namespace {

using ::testing::HasSubstr;

FrameRecord record(std::uint64_t frame) {
  FrameRecord r;
  r.frame = frame;
  return r;
}

TEST(ResultsFolder, is_made_with_its_parents) {
  const TempFolder temp;
  auto folder = ResultsFolder::create(temp.path("a/b/c"));
  ASSERT_TRUE(folder);
  EXPECT_TRUE(std::filesystem::exists(temp.path("a/b/c/results.jsonl")));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(temp.path("a/b/c")), {}), 1);
}

TEST(ResultsFolder, has_every_line_once_it_is_closed) {
  const TempFolder temp;
  auto folder = ResultsFolder::create(temp.path());
  ASSERT_TRUE(folder);
  for (int i = 0; i < 10000; i++) ASSERT_TRUE(folder->write_line(record(i)));
  ASSERT_TRUE(folder->close());
  const auto lines = read_lines(temp.path("results.jsonl"));
  ASSERT_EQ(lines.size(), 10000u);
  EXPECT_EQ(lines[9999], "{\"frame\":9999}");
  EXPECT_EQ(folder->bytes_written(), std::filesystem::file_size(temp.path("results.jsonl")));
}

TEST(ResultsFolder, gathers_lines_until_they_are_asked_for) {
  const TempFolder temp;
  auto folder = ResultsFolder::create(temp.path());
  ASSERT_TRUE(folder);
  ASSERT_TRUE(folder->write_line(record(0)));
  EXPECT_EQ(read_text(temp.path("results.jsonl")), "");
  ASSERT_TRUE(folder->flush());
  EXPECT_EQ(read_text(temp.path("results.jsonl")), "{\"frame\":0}\n");
}

TEST(ResultsFolder, replaces_earlier_results) {
  const TempFolder temp;
  write_text(temp.path("results.jsonl"), "earlier\n");
  ASSERT_TRUE(ResultsFolder::create(temp.path()));
  EXPECT_EQ(read_text(temp.path("results.jsonl")), "");
}

TEST(ResultsFolder, holds_only_whole_lines_when_the_disk_is_full) {
  const TempFolder temp;
  auto folder = ResultsFolder::create(temp.path());
  ASSERT_TRUE(folder);
  Result<void> written;
  {
    const FileLimit limit(1000);
    for (int i = 0; i < 200 && written; i++) {
      written = folder->write_line(record(i));
      if (written) written = folder->flush();
    }
  }
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::DiskFull);
  EXPECT_THAT(written.error().message, HasSubstr("results.jsonl"));
  const std::string text = read_text(temp.path("results.jsonl"));
  ASSERT_GT(text.size(), 900u);
  EXPECT_EQ(text.back(), '\n');
  EXPECT_EQ(text.size(), folder->bytes_written());
}

TEST(ResultsFolder, names_flow_files_after_frames_and_numbers_further_ones) {
  EXPECT_EQ(ResultsFolder::flow_file_name(12), "flow/000012.flo");
  EXPECT_EQ(ResultsFolder::flow_file_name(12, 1), "flow/000012-1.flo");
  EXPECT_EQ(ResultsFolder::flow_file_name(12345678), "flow/12345678.flo");
}

TEST(ResultsFolder, takes_flow_files) {
  const TempFolder temp;
  const float vectors[] = {1, 2};
  auto folder = ResultsFolder::create(temp.path());
  ASSERT_TRUE(folder);
  ASSERT_TRUE(folder->write_flow("flow/000000.flo", {vectors, 1, 1}));
  EXPECT_TRUE(read_flow_file(temp.path("flow/000000.flo")));
  EXPECT_EQ(folder->bytes_written(), flow_file_bytes(1, 1));
}

TEST(ResultsFolder, without_a_name_is_refused) {
  const auto folder = ResultsFolder::create("");
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().code, ErrorCode::BadArgument);
}

TEST(ResultsFolder, that_is_a_file_or_beneath_one_is_refused) {
  const TempFolder temp;
  write_text(temp.path("file"), "text");
  for (const char* location : {"file", "file/folder"}) {
    const auto folder = ResultsFolder::create(temp.path(location));
    ASSERT_FALSE(folder) << location;
    EXPECT_EQ(folder.error().code, ErrorCode::NotWritable) << location;
    EXPECT_THAT(folder.error().message, HasSubstr(temp.path(location)));
  }
  EXPECT_EQ(read_text(temp.path("file")), "text");
}

TEST(ResultsFolder, that_cannot_be_written_to_is_refused) {
  const auto folder = ResultsFolder::create("/proc/self");
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().code, ErrorCode::NotWritable);
  EXPECT_THAT(folder.error().message, HasSubstr("/proc/self"));
}

TEST(ResultsFolder, on_a_full_disk_is_refused_before_earlier_results_are_touched) {
  const TempFolder temp;
  write_text(temp.path("results.jsonl"), "earlier\n");
  const FileLimit limit(0);
  const auto folder = ResultsFolder::create(temp.path());
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().code, ErrorCode::DiskFull);
  EXPECT_EQ(read_text(temp.path("results.jsonl")), "earlier\n");
}

TEST(ResultsFolder, belongs_to_one_writer_at_a_time) {
  const TempFolder temp;
  {
    auto first = ResultsFolder::create(temp.path());
    ASSERT_TRUE(first);
    ASSERT_TRUE(first->write_line(record(0)));
    ASSERT_TRUE(first->flush());
    const auto second = ResultsFolder::create(temp.path());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::NotWritable);
    EXPECT_EQ(read_lines(temp.path("results.jsonl")).size(), 1u);
  }
  EXPECT_TRUE(ResultsFolder::create(temp.path()));
}

}  // namespace
}  // namespace gsttorch
