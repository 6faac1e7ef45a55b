// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/formats/match_file.h"

#include <cstring>
#include <filesystem>
#include <limits>
#include <map>
#include <vector>

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/file_limit.h"
#include "tests/support/temp_directory.h"

namespace gsttorch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<float> kTwo = {1, 2, 3.5f, 4.25f, 0.5f, 1, 10, 20, 30, 40, 0.25f, 0};
constexpr char kTwoLines[] =
    "x0,y0,x1,y1,confidence,inlier\n"
    "1.000,2.000,3.500,4.250,0.500000,1\n"
    "10.000,20.000,30.000,40.000,0.250000,0\n";

MatchRows rows_of(const std::vector<float>& numbers) {
  return {numbers.data(), numbers.size() / 6};
}

// The entries of an archive, read with libarchive, which verifies checksums.
std::map<std::string, std::string> unpack(const std::string& path) {
  std::map<std::string, std::string> entries;
  archive* zip = archive_read_new();
  archive_read_support_format_zip_seekable(zip);
  archive_entry* entry = nullptr;
  EXPECT_EQ(archive_read_open_filename(zip, path.c_str(), 65536), ARCHIVE_OK);
  while (archive_read_next_header(zip, &entry) == ARCHIVE_OK) {
    std::string& bytes = entries[archive_entry_pathname(entry)];
    char block[4096];
    la_ssize_t count = 0;
    while ((count = archive_read_data(zip, block, sizeof block)) > 0) {
      bytes.append(block, static_cast<std::size_t>(count));
    }
    EXPECT_EQ(count, 0) << archive_error_string(zip);
  }
  EXPECT_EQ(archive_error_string(zip), nullptr);
  archive_read_free(zip);
  return entries;
}

std::string shape_of(const std::string& npy) {
  const auto at = npy.find("'shape': ") + 9;
  return npy.substr(at, npy.find(')') + 1 - at);
}

std::vector<float> numbers_of(const std::string& npy) {
  const std::size_t header = 10 + static_cast<std::uint8_t>(npy[8]);
  std::vector<float> numbers((npy.size() - header) / sizeof(float));
  std::memcpy(numbers.data(), npy.data() + header, numbers.size() * sizeof(float));
  return numbers;
}

TEST(MatchFile, has_a_line_for_each_match_under_the_names_of_its_columns) {
  const TempDirectory directory;
  const auto bytes = write_match_file(directory.path("a.csv"), rows_of(kTwo));
  ASSERT_TRUE(bytes);
  EXPECT_EQ(read_text(directory.path("a.csv")), kTwoLines);
  EXPECT_EQ(*bytes, std::strlen(kTwoLines));
}

TEST(MatchFile, is_the_same_from_single_matches) {
  const std::vector<Match> matches = {{1, 2, 3.5f, 4.25f, 0.5f}, {10, 20, 30, 40, 0.25f}};
  const std::vector<std::uint8_t> inliers = {1, 0};
  EXPECT_EQ(match_csv(matches, inliers), kTwoLines);
  EXPECT_THAT(match_csv(matches, {}), HasSubstr("0.250000,1\n"));
}

TEST(MatchFile, reads_rows_wherever_they_lie) {
  std::vector<char> bytes(1 + kTwo.size() * sizeof(float));
  std::memcpy(bytes.data() + 1, kTwo.data(), bytes.size() - 1);
  EXPECT_EQ(match_csv(MatchRows{bytes.data() + 1, 2}), kTwoLines);
}

TEST(MatchFile, can_hold_numbers_of_any_size) {
  const float most = std::numeric_limits<float>::max();
  const std::string text = match_csv(rows_of({-most, -most, -most, -most, -most, 1}));
  EXPECT_THAT(text, ::testing::EndsWith(",1\n"));
  EXPECT_EQ(std::count(text.begin(), text.end(), ','), 10);
}

TEST(MatchFile, that_ends_with_npz_has_an_array_for_each_thing) {
  const TempDirectory directory;
  const auto bytes = write_match_file(directory.path("a.npz"), rows_of(kTwo));
  ASSERT_TRUE(bytes);
  EXPECT_EQ(*bytes, std::filesystem::file_size(directory.path("a.npz")));
  auto arrays = unpack(directory.path("a.npz"));
  ASSERT_EQ(arrays.size(), 4u);
  EXPECT_EQ(shape_of(arrays["keypoints0.npy"]), "(2, 2)");
  EXPECT_THAT(numbers_of(arrays["keypoints0.npy"]), ElementsAre(1, 2, 10, 20));
  EXPECT_THAT(numbers_of(arrays["keypoints1.npy"]), ElementsAre(3.5f, 4.25f, 30, 40));
  EXPECT_EQ(shape_of(arrays["confidence.npy"]), "(2,)");
  EXPECT_THAT(numbers_of(arrays["confidence.npy"]), ElementsAre(0.5f, 0.25f));
  EXPECT_THAT(numbers_of(arrays["inlier.npy"]), ElementsAre(1, 0));
  for (const auto& [name, npy] : arrays) EXPECT_THAT(npy, HasSubstr("'descr': '<f4'")) << name;
}

TEST(MatchFile, without_a_match_is_a_file_all_the_same) {
  const TempDirectory directory;
  ASSERT_TRUE(write_match_file(directory.path("a.csv"), {}));
  EXPECT_EQ(read_text(directory.path("a.csv")), "x0,y0,x1,y1,confidence,inlier\n");
  ASSERT_TRUE(write_match_file(directory.path("a.npz"), {}));
  auto arrays = unpack(directory.path("a.npz"));
  EXPECT_EQ(shape_of(arrays["keypoints1.npy"]), "(0, 2)");
  EXPECT_EQ(shape_of(arrays["inlier.npy"]), "(0,)");
}

TEST(MatchFile, on_a_full_disk_is_an_error_and_leaves_no_part) {
  const TempDirectory directory;
  const std::vector<float> many(std::size_t{6} * 1000);
  for (const char* name : {"a.csv", "a.npz"}) {
    const FileLimit limit(1000);
    const auto written = write_match_file(directory.path(name), rows_of(many));
    ASSERT_FALSE(written) << name;
    EXPECT_EQ(written.error().code, ErrorCode::DiskFull);
    EXPECT_THAT(written.error().message, HasSubstr(name));
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST(MatchFile, is_read_as_it_was_written) {
  const TempDirectory directory;
  ASSERT_TRUE(write_match_file(directory.path("a.csv"), rows_of(kTwo)));
  const auto matches = read_match_csv(directory.path("a.csv"));
  ASSERT_TRUE(matches) << matches.error().message;
  EXPECT_THAT(*matches, ElementsAre(Match{1, 2, 3.5f, 4.25f, 0.5f}, Match{10, 20, 30, 40, 0.25f}));
  ASSERT_TRUE(write_match_file(directory.path("none.csv"), {}));
  const auto none = read_match_csv(directory.path("none.csv"));
  ASSERT_TRUE(none) << none.error().message;
  EXPECT_TRUE(none->empty());
}

TEST(MatchFile, of_another_program_may_have_other_columns_or_no_names) {
  const TempDirectory directory;
  for (const char* text :
       {"id, x1,y1, x0,y0\r\n7, 3,4, 1,2\r\n\r\n", "1,2,3,4\n", "1e0,2.0,3,4,1\n\n"}) {
    write_text(directory.path("a.csv"), text);
    const auto matches = read_match_csv(directory.path("a.csv"));
    ASSERT_TRUE(matches) << matches.error().message;
    EXPECT_THAT(*matches, ElementsAre(Match{1, 2, 3, 4, 1})) << text;
  }
}

TEST(MatchFile, without_the_numbers_of_matches_is_corrupt) {
  const TempDirectory directory;
  const std::map<std::string, std::string> reasons = {
      {"", "it is empty"},
      {"\n \n", "it is empty"},
      {"x0,y0,x1\n1,2,3\n", "it has no column y1"},
      {"1,2,3\n", "line 1 does not have the numbers"},
      {"x0,y0,x1,y1\n1,2,3,4\n\n1,2,3\n", "line 4 does not have the numbers"},
      {"x0,y0,x1,y1\n1,2,3,\n", "line 2"},
      {"x0,y0,x1,y1\n1,2,3,4px\n", "line 2"},
      {"x0,y0,x1,y1\n1,2,3,nan\n", "line 2"},
      {"x0,y0,x1,y1,confidence\n1,2,3,4\n", "line 2"},
  };
  for (const auto& [text, reason] : reasons) {
    write_text(directory.path("a.csv"), text);
    const auto matches = read_match_csv(directory.path("a.csv"));
    ASSERT_FALSE(matches) << text;
    EXPECT_EQ(matches.error().code, ErrorCode::Corrupt);
    EXPECT_THAT(matches.error().message, HasSubstr(directory.path("a.csv")));
    EXPECT_THAT(matches.error().message, HasSubstr(reason));
  }
  const auto missing = read_match_csv(directory.path("none.csv"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace gsttorch
