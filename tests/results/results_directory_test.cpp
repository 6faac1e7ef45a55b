// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/results/results_directory.h"

#include <algorithm>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "lib/formats/flow_file.h"
#include "lib/formats/npz_file.h"
#include "tests/support/file_limit.h"
#include "tests/support/temp_directory.h"

namespace gsttorch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

FrameRecord record(std::uint64_t frame) {
  FrameRecord r;
  r.frame = frame;
  return r;
}

std::vector<std::string> files_in(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

void write_records(ResultsDirectory& directory, std::uint64_t first, std::uint64_t end) {
  for (std::uint64_t i = first; i < end; i++) ASSERT_TRUE(directory.write_line(record(i)));
  ASSERT_TRUE(directory.close());
}

TEST(ResultsDirectory, is_made_with_its_parents) {
  const TempDirectory temp;
  auto directory = ResultsDirectory::create({temp.path("a/b/c")});
  ASSERT_TRUE(directory);
  EXPECT_THAT(files_in(temp.path("a/b/c")), ElementsAre("format.json", "results.jsonl"));
}

TEST(ResultsDirectory, has_every_line_once_it_is_closed) {
  const TempDirectory temp;
  auto directory = ResultsDirectory::create({temp.path()});
  ASSERT_TRUE(directory);
  for (int i = 0; i < 10000; i++) ASSERT_TRUE(directory->write_line(record(i)));
  ASSERT_TRUE(directory->close());
  const auto lines = read_lines(temp.path("results.jsonl"));
  ASSERT_EQ(lines.size(), 10000u);
  EXPECT_EQ(lines[9999], "{\"frame\":9999,\"session\":0}");
  EXPECT_EQ(directory->bytes_written(), std::filesystem::file_size(temp.path("results.jsonl")));
}

TEST(ResultsDirectory, gathers_lines_until_they_are_asked_for) {
  const TempDirectory temp;
  auto directory = ResultsDirectory::create({temp.path()});
  ASSERT_TRUE(directory);
  ASSERT_TRUE(directory->write_line(record(0)));
  EXPECT_EQ(read_text(temp.path("results.jsonl")), "");
  ASSERT_TRUE(directory->flush());
  EXPECT_EQ(read_text(temp.path("results.jsonl")), "{\"frame\":0,\"session\":0}\n");
}

TEST(ResultsDirectory, replaces_earlier_results) {
  const TempDirectory temp;
  write_text(temp.path("results.jsonl"), "earlier\n");
  ASSERT_TRUE(ResultsDirectory::create({temp.path()}));
  EXPECT_EQ(read_text(temp.path("results.jsonl")), "");
}

TEST(ResultsDirectory, holds_only_whole_lines_when_the_disk_is_full) {
  const TempDirectory temp;
  auto directory = ResultsDirectory::create({temp.path()});
  ASSERT_TRUE(directory);
  Result<void> written;
  {
    const FileLimit limit(1000);
    for (int i = 0; i < 200 && written; i++) {
      written = directory->write_line(record(i));
      if (written) written = directory->flush();
    }
  }
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::DiskFull);
  EXPECT_THAT(written.error().message, HasSubstr("results.jsonl"));
  const std::string text = read_text(temp.path("results.jsonl"));
  ASSERT_GT(text.size(), 900u);
  EXPECT_EQ(text.back(), '\n');
  EXPECT_EQ(text.size(), directory->bytes_written());
}

TEST(ResultsDirectory, names_flow_files_after_frames_and_numbers_further_ones) {
  EXPECT_EQ(ResultsDirectory::flow_file_name({12}), "flow/000012.flo");
  EXPECT_EQ(ResultsDirectory::flow_file_name({12, 1}), "flow/000012-1.flo");
  EXPECT_EQ(ResultsDirectory::flow_file_name({12345678}), "flow/12345678.flo");
  EXPECT_EQ(ResultsDirectory::flow_file_name({12}, FlowFileType::Npz), "flow/000012.npz");
  EXPECT_EQ(ResultsDirectory::flow_file_name({12, 3}, FlowFileType::Npz), "flow/000012-3.npz");
}

TEST(ResultsDirectory, names_the_further_arrays_of_a_result_after_its_flow) {
  const FlowFileKey backward{12, 0, FlowPart::Backward}, confidence{12, 1, FlowPart::Confidence};
  EXPECT_EQ(ResultsDirectory::flow_file_name(backward), "flow/000012-backward.flo");
  EXPECT_EQ(ResultsDirectory::flow_file_name(backward, FlowFileType::Npz),
            "flow/000012-backward.npz");
  for (const FlowFileType type : {FlowFileType::Flo, FlowFileType::Npz}) {
    EXPECT_EQ(ResultsDirectory::flow_file_name(confidence, type), "flow/000012-1-confidence.npy");
  }
}

TEST(ResultsDirectory, takes_flow_files) {
  const TempDirectory temp;
  const float vectors[] = {1, 2};
  auto directory = ResultsDirectory::create({temp.path()});
  ASSERT_TRUE(directory);
  ASSERT_TRUE(directory->write_flow("flow/000000.flo", {vectors, 1, 1}));
  EXPECT_TRUE(read_flow_file(temp.path("flow/000000.flo")));
  EXPECT_EQ(directory->bytes_written(), flow_file_bytes(1, 1));

  ASSERT_TRUE(directory->write_flow("flow/000000.npz", {vectors, 1, 1}));
  EXPECT_EQ(read_text(temp.path("flow/000000.npz")).substr(0, 2), "PK");
  const std::uint64_t flow_bytes = flow_file_bytes(1, 1) + npz_file_bytes({vectors, 1, 1});
  EXPECT_EQ(directory->bytes_written(), flow_bytes);

  ASSERT_TRUE(directory->write_confidence("flow/000000-confidence.npy", {vectors, 2, 1}));
  EXPECT_EQ(read_text(temp.path("flow/000000-confidence.npy")).size(),
            npy_file_bytes({vectors, 2, 1}));
  EXPECT_EQ(directory->bytes_written(), flow_bytes + npy_file_bytes({vectors, 2, 1}));
}

TEST(ResultsDirectory, names_files_of_matches_after_frames_and_numbers_further_ones) {
  EXPECT_EQ(ResultsDirectory::match_file_name(12, 0, MatchFileType::Csv), "matches/000012.csv");
  EXPECT_EQ(ResultsDirectory::match_file_name(12, 2, MatchFileType::Npz), "matches/000012-2.npz");
}

TEST(ResultsDirectory, takes_files_of_matches) {
  const TempDirectory temp;
  const float row[] = {1, 2, 3, 4, 0.5f, 1};
  auto directory = ResultsDirectory::create({temp.path()});
  ASSERT_TRUE(directory);
  ASSERT_TRUE(directory->write_matches("matches/000000.csv", {row, 1}));
  EXPECT_THAT(read_lines(temp.path("matches/000000.csv")), SizeIs(2));
  ASSERT_TRUE(directory->write_matches("matches/000000-1.npz", {row, 1}));
  EXPECT_EQ(read_text(temp.path("matches/000000-1.npz")).substr(0, 2), "PK");
  EXPECT_EQ(directory->bytes_written(),
            std::filesystem::file_size(temp.path("matches/000000.csv")) +
                std::filesystem::file_size(temp.path("matches/000000-1.npz")));
}

TEST(ResultsDirectory, without_a_name_is_refused) {
  const auto directory = ResultsDirectory::create({""});
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().code, ErrorCode::BadArgument);
}

TEST(ResultsDirectory, that_is_a_file_or_beneath_one_is_refused) {
  const TempDirectory temp;
  write_text(temp.path("file"), "text");
  for (const char* location : {"file", "file/directory"}) {
    const auto directory = ResultsDirectory::create({temp.path(location)});
    ASSERT_FALSE(directory) << location;
    EXPECT_EQ(directory.error().code, ErrorCode::NotWritable) << location;
    EXPECT_THAT(directory.error().message, HasSubstr(temp.path(location)));
  }
  EXPECT_EQ(read_text(temp.path("file")), "text");
}

TEST(ResultsDirectory, that_cannot_be_written_to_is_refused) {
  const auto directory = ResultsDirectory::create({"/proc/self"});
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().code, ErrorCode::NotWritable);
  EXPECT_THAT(directory.error().message, HasSubstr("/proc/self"));
}

TEST(ResultsDirectory, on_a_full_disk_is_refused_before_earlier_results_are_touched) {
  const TempDirectory temp;
  write_text(temp.path("results.jsonl"), "earlier\n");
  const FileLimit limit(0);
  const auto directory = ResultsDirectory::create({temp.path()});
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().code, ErrorCode::DiskFull);
  EXPECT_EQ(read_text(temp.path("results.jsonl")), "earlier\n");
}

TEST(ResultsDirectory, belongs_to_one_writer_at_a_time) {
  const TempDirectory temp;
  {
    auto first = ResultsDirectory::create({temp.path()});
    ASSERT_TRUE(first);
    ASSERT_TRUE(first->write_line(record(0)));
    ASSERT_TRUE(first->flush());
    const auto second = ResultsDirectory::create({temp.path()});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::NotWritable);
    EXPECT_EQ(read_lines(temp.path("results.jsonl")).size(), 1u);
  }
  EXPECT_TRUE(ResultsDirectory::create({temp.path()}));
}

constexpr auto kContinue = ResultsDirectory::Earlier::Continue;
constexpr auto kReplace = ResultsDirectory::Earlier::Replace;

TEST(ResultsDirectory, puts_full_files_aside_under_names_that_sort_before_the_one_that_is_written) {
  const TempDirectory temp;
  auto directory = ResultsDirectory::create({temp.path(), kReplace, 3});
  ASSERT_TRUE(directory);
  write_records(*directory, 0, 7);
  EXPECT_THAT(files_in(temp.path()), ElementsAre("format.json", "results-000000000.jsonl",
                                                 "results-000000003.jsonl", "results.jsonl"));
  EXPECT_THAT(read_lines(temp.path("results-000000003.jsonl")),
              ElementsAre("{\"frame\":3,\"session\":0}", "{\"frame\":4,\"session\":0}",
                          "{\"frame\":5,\"session\":0}"));
  EXPECT_THAT(read_lines(temp.path("results.jsonl")), ElementsAre("{\"frame\":6,\"session\":0}"));
  EXPECT_EQ(directory->bytes_written(), 7 * std::string("{\"frame\":0,\"session\":0}\n").size());
}

TEST(ResultsDirectory, removes_the_full_files_of_results_that_it_replaces_and_nothing_else) {
  const TempDirectory temp;
  write_text(temp.path("results-000000000.jsonl"), "{\"frame\":0,\"session\":0}\n");
  write_text(temp.path("results-of-mine.jsonl"), "mine");
  ASSERT_TRUE(ResultsDirectory::create({temp.path()}));
  EXPECT_THAT(files_in(temp.path()),
              ElementsAre("format.json", "results-of-mine.jsonl", "results.jsonl"));
}

TEST(ResultsDirectory, that_is_continued_loses_only_a_torn_last_line) {
  const TempDirectory temp;
  ASSERT_TRUE(ResultsDirectory::create({temp.path()}));
  write_text(temp.path("results.jsonl"),
             "{\"frame\":0,\"session\":0}\n{\"frame\":1,\"pts\":40}\n{\"frame\":2,\"p");
  auto directory = ResultsDirectory::create({temp.path(), kContinue});
  ASSERT_TRUE(directory);
  EXPECT_EQ(directory->last_recorded(), (RecordKey{1, 40}));
  write_records(*directory, 2, 4);
  EXPECT_EQ(read_text(temp.path("results.jsonl")),
            "{\"frame\":0,\"session\":0}\n{\"frame\":1,\"pts\":40}\n"
            "{\"frame\":2,\"session\":0}\n{\"frame\":3,\"session\":0}\n");
}

TEST(ResultsDirectory, that_is_continued_holds_only_whole_lines_when_the_disk_is_full) {
  const TempDirectory temp;
  {
    auto first = ResultsDirectory::create({temp.path()});
    ASSERT_TRUE(first);
    write_records(*first, 0, 20);
  }
  auto directory = ResultsDirectory::create({temp.path(), kContinue});
  ASSERT_TRUE(directory);
  for (int i = 20; i < 100; i++) ASSERT_TRUE(directory->write_line(record(i)));
  {
    const FileLimit limit(500);
    EXPECT_FALSE(directory->flush());
  }
  EXPECT_THAT(read_lines(temp.path("results.jsonl")), SizeIs(20));
}

TEST(ResultsDirectory, with_nothing_in_it_yet_can_be_continued) {
  const TempDirectory temp;
  const auto directory = ResultsDirectory::create({temp.path("new"), kContinue});
  ASSERT_TRUE(directory);
  EXPECT_EQ(directory->last_recorded(), std::nullopt);
}

// Kills a run at each point: after it is resumed, its files equal those of an uninterrupted run.
TEST(ResultsDirectory, that_is_continued_anywhere_equals_one_that_never_ended) {
  const TempDirectory whole;
  auto uninterrupted = ResultsDirectory::create({whole.path(), kReplace, 3});
  ASSERT_TRUE(uninterrupted);
  write_records(*uninterrupted, 0, 10);
  for (std::uint64_t end = 0; end <= 10; end++) {
    const TempDirectory temp;
    {
      auto first = ResultsDirectory::create({temp.path(), kReplace, 3});
      ASSERT_TRUE(first);
      write_records(*first, 0, end);
    }
    auto second = ResultsDirectory::create({temp.path(), kContinue, 3});
    ASSERT_TRUE(second);
    write_records(*second, second->last_recorded() ? second->last_recorded()->frame + 1 : 0, 10);
    ASSERT_EQ(files_in(temp.path()), files_in(whole.path())) << end;
    for (const auto& file : files_in(whole.path())) {
      EXPECT_EQ(read_text(temp.path(file)), read_text(whole.path(file))) << end << " " << file;
    }
  }
}

TEST(ResultsDirectory, that_was_left_between_two_files_is_continued_behind_the_full_one) {
  const TempDirectory temp;
  ASSERT_TRUE(ResultsDirectory::create({temp.path()}));
  write_text(temp.path("results-000000000.jsonl"),
             "{\"frame\":0,\"session\":0}\n{\"frame\":1,\"session\":0}\n");
  std::filesystem::remove(temp.path("results.jsonl"));
  const auto directory = ResultsDirectory::create({temp.path(), kContinue, 2});
  ASSERT_TRUE(directory);
  EXPECT_EQ(directory->last_recorded(), (RecordKey{1, std::nullopt}));
}

TEST(ResultsDirectory, with_lines_that_are_no_records_is_not_continued) {
  for (const char* line : {"text", "{}", "{\"frame\":\"1\"}", "[1]", ""}) {
    const TempDirectory temp;
    ASSERT_TRUE(ResultsDirectory::create({temp.path()}));
    write_text(temp.path("results.jsonl"), std::string(line) + '\n');
    const auto directory = ResultsDirectory::create({temp.path(), kContinue});
    ASSERT_FALSE(directory) << line;
    EXPECT_EQ(directory.error().code, ErrorCode::Corrupt);
    EXPECT_THAT(directory.error().message, HasSubstr("results.jsonl"));
    EXPECT_EQ(read_text(temp.path("results.jsonl")), std::string(line) + '\n');
  }
}

TEST(ResultsDirectory, of_another_version_is_refused_and_left_alone) {
  for (const char* format : {"{\"results_version\":99}", "{}", "no JSON", "[]"}) {
    for (const auto earlier : {kReplace, kContinue}) {
      const TempDirectory temp;
      write_text(temp.path("format.json"), format);
      write_text(temp.path("results.jsonl"), "{\"frame\":0,\"session\":0}\n");
      const auto directory = ResultsDirectory::create({temp.path(), earlier});
      ASSERT_FALSE(directory) << format;
      EXPECT_EQ(directory.error().code, ErrorCode::BadArgument);
      EXPECT_THAT(directory.error().message, HasSubstr("version"));
      EXPECT_EQ(read_text(temp.path("results.jsonl")), "{\"frame\":0,\"session\":0}\n");
      EXPECT_EQ(read_text(temp.path("format.json")), format);
    }
  }
}

TEST(ResultsDirectory, of_an_unknown_version_is_replaced_but_not_continued) {
  const TempDirectory temp;
  write_text(temp.path("results.jsonl"), "{\"frame\":0,\"session\":0}\n");
  const auto refused = ResultsDirectory::create({temp.path(), kContinue});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::BadArgument);
  EXPECT_TRUE(ResultsDirectory::create({temp.path(), kReplace}));
}

TEST(ResultsDirectory, of_this_version_alone_is_readable) {
  const TempDirectory temp;
  ASSERT_TRUE(ResultsDirectory::create({temp.path()}));
  EXPECT_TRUE(ResultsDirectory::check_readable(temp.path()));
  write_text(temp.path("format.json"), "{\"results_version\":1}");
  const auto old = ResultsDirectory::check_readable(temp.path());
  ASSERT_FALSE(old);
  EXPECT_EQ(old.error().code, ErrorCode::Corrupt);
  EXPECT_THAT(old.error().message, HasSubstr("version 1, but this program reads version 2"));
  std::filesystem::remove(temp.path("format.json"));
  EXPECT_FALSE(ResultsDirectory::check_readable(temp.path()));
}

}  // namespace
}  // namespace gsttorch
