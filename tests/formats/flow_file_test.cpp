// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/formats/flow_file.h"

#include <cstring>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/file_limit.h"
#include "tests/support/paths.h"
#include "tests/support/temp_directory.h"

namespace gsttorch {
namespace {

using ::testing::HasSubstr;

template <typename T>
std::string bytes_of(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

std::string flo_bytes(float tag, std::int32_t width, std::int32_t height, std::size_t floats) {
  return bytes_of(tag) + bytes_of(width) + bytes_of(height) + std::string(4 * floats, '\0');
}

TEST(FlowFile, has_the_layout_that_middlebury_describes) {
  const TempDirectory directory;
  const float vectors[] = {1, -2, 0.5f, 1e10f, 3, 4};
  ASSERT_TRUE(write_flow_file(directory.path("a.flo"), {vectors, 3, 1}));

  const std::string bytes = read_text(directory.path("a.flo"));
  ASSERT_EQ(bytes.size(), 12 + sizeof vectors);
  EXPECT_EQ(bytes.substr(0, 4), "PIEH");
  EXPECT_EQ(bytes.substr(4, 8), bytes_of(std::int32_t{3}) + bytes_of(std::int32_t{1}));
  EXPECT_EQ(std::memcmp(bytes.data() + 12, vectors, sizeof vectors), 0);
}

TEST(FlowFile, comes_back_as_it_was_written) {
  const TempDirectory directory;
  std::vector<float> vectors(2 * 401 * 700);  // several chunks
  for (std::size_t i = 0; i < vectors.size(); i++) vectors[i] = static_cast<float>(i) * 0.25f;
  ASSERT_TRUE(write_flow_file(directory.path("a.flo"), {vectors.data(), 401, 700}));

  const auto flow = read_flow_file(directory.path("a.flo"));
  ASSERT_TRUE(flow);
  EXPECT_EQ(flow->width, 401);
  EXPECT_EQ(flow->height, 700);
  EXPECT_EQ(flow->vectors, vectors);
  EXPECT_EQ(std::filesystem::file_size(directory.path("a.flo")), flow_file_bytes(401, 700));
}

TEST(FlowFile, leaves_out_what_lies_between_rows) {
  const TempDirectory directory;
  std::vector<float> padded(1000 * 602);
  for (std::size_t i = 0; i < padded.size(); i++) padded[i] = static_cast<float>(i);
  const FlowView view{padded.data(), 300, 1000, FlowElement::Float32, 602 * sizeof(float)};
  ASSERT_TRUE(write_flow_file(directory.path("a.flo"), view));
  const auto flow = read_flow_file(directory.path("a.flo"));
  ASSERT_TRUE(flow);
  EXPECT_EQ(flow->vectors[599], 599);
  EXPECT_EQ(flow->vectors[600], 602);
  EXPECT_EQ(flow->vectors.back(), 1000 * 602 - 3);
}

TEST(FlowFile, holds_single_precision_whatever_it_was_made_of) {
  const TempDirectory directory;
  const std::uint16_t halves[] = {0x3c00, 0xc000, 0, 0, 0x4200, 0x4400, 0, 0};  // padded rows
  const FlowView view{halves, 1, 2, FlowElement::Float16, 8};
  ASSERT_TRUE(write_flow_file(directory.path("a.flo"), view));

  const auto flow = read_flow_file(directory.path("a.flo"));
  ASSERT_TRUE(flow);
  EXPECT_THAT(flow->vectors, ::testing::ElementsAre(1, -2, 3, 4));
}

TEST(FlowFile, replaces_an_earlier_one_and_leaves_no_other_file) {
  const TempDirectory directory;
  const float vectors[] = {1, 2};
  write_text(directory.path("a.flo"), "something else");
  ASSERT_TRUE(write_flow_file(directory.path("a.flo"), {vectors, 1, 1}));
  EXPECT_TRUE(read_flow_file(directory.path("a.flo")));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()), {}), 1);
}

TEST(FlowFile, on_a_full_disk_keeps_the_earlier_one_and_leaves_no_part) {
  const TempDirectory directory;
  const std::vector<float> vectors(2 * 64 * 64);
  ASSERT_TRUE(write_flow_file(directory.path("a.flo"), {vectors.data(), 1, 1}));
  Result<void> written;
  {
    const FileLimit limit(1000);
    written = write_flow_file(directory.path("a.flo"), {vectors.data(), 64, 64});
  }
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::DiskFull);
  EXPECT_THAT(written.error().message, HasSubstr("a.flo"));
  EXPECT_EQ(std::filesystem::file_size(directory.path("a.flo")), flow_file_bytes(1, 1));
  EXPECT_FALSE(std::filesystem::exists(directory.path("a.flo.part")));
}

TEST(FlowFile, cannot_be_written_to_a_directory_that_is_not_there) {
  const TempDirectory directory;
  const float vectors[] = {1, 2};
  const auto written = write_flow_file(directory.path("no/a.flo"), {vectors, 1, 1});
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::NotWritable);
  EXPECT_THAT(written.error().message, HasSubstr("no/a.flo"));
}

TEST(FlowFile, of_an_empty_flow_is_refused) {
  const TempDirectory directory;
  const float vectors[] = {1, 2};
  EXPECT_EQ(write_flow_file(directory.path("a.flo"), {vectors, 0, 1}).error().code,
            ErrorCode::BadShape);
  EXPECT_EQ(write_flow_file(directory.path("a.flo"), {nullptr, 1, 1}).error().code,
            ErrorCode::BadShape);
}

TEST(FlowFile, that_is_absent_is_not_found) {
  const auto flow = read_flow_file("/nonexistent/a.flo");
  ASSERT_FALSE(flow);
  EXPECT_EQ(flow.error().code, ErrorCode::NotFound);
  EXPECT_THAT(flow.error().message, HasSubstr("/nonexistent/a.flo"));
}

struct BadFile {
  std::string name;
  std::string bytes;
  std::string reason;
};

class BadFlowFile : public ::testing::TestWithParam<BadFile> {};

TEST_P(BadFlowFile, is_refused_with_the_reason) {
  const TempDirectory directory;
  write_text(directory.path("bad.flo"), GetParam().bytes);
  const auto flow = read_flow_file(directory.path("bad.flo"));
  ASSERT_FALSE(flow);
  EXPECT_EQ(flow.error().code, ErrorCode::Corrupt);
  EXPECT_THAT(flow.error().message, HasSubstr("bad.flo"));
  EXPECT_THAT(flow.error().message, HasSubstr(GetParam().reason));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadFlowFile,
    ::testing::Values(BadFile{"empty", "", "too short"}, BadFile{"header_cut", "PIEH1234", "short"},
                      BadFile{"wrong_tag", flo_bytes(1.0f, 1, 1, 2), "tag"},
                      BadFile{"zero_width", flo_bytes(202021.25f, 0, 1, 0), "size"},
                      BadFile{"negative_height", flo_bytes(202021.25f, 1, -1, 2), "size"},
                      BadFile{"huge", flo_bytes(202021.25f, 1 << 30, 1 << 30, 2), "size"},
                      BadFile{"truncated", flo_bytes(202021.25f, 4, 4, 31), "136 bytes"},
                      BadFile{"too_long", flo_bytes(202021.25f, 1, 1, 3), "24 bytes"}),
    [](const auto& info) { return info.param.name; });

TEST(FlowFile, of_the_middlebury_benchmark_is_read) {
  const std::string path = shared_data("flow/RubberWhale/flow10.flo");
  SKIP_WITHOUT(path);
  const auto flow = read_flow_file(path);
  ASSERT_TRUE(flow);
  EXPECT_EQ(flow->width, 584);
  EXPECT_EQ(flow->height, 388);
}

}  // namespace
}  // namespace gsttorch
