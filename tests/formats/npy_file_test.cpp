// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/formats/npy_file.h"

#include <filesystem>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/file_limit.h"
#include "tests/support/temp_directory.h"

namespace gsttorch {
namespace {

using ::testing::StartsWith;

// NumPy's format 1.0: 6 bytes of magic, 2 of version, 2 for the dictionary's length.
std::size_t data_offset(const std::string& file) {
  return 10 + static_cast<std::uint8_t>(file[8]) + 256 * static_cast<std::uint8_t>(file[9]);
}

TEST(NpyFile, is_the_array_that_numpy_reads) {
  const TempDirectory directory;
  const std::vector<float> values{0, 0.25f, 0.5f, 0.75f, 1, -1};
  const MapView map{values.data(), 3, 2};
  ASSERT_TRUE(write_npy_file(directory.path("a.npy"), map));
  const std::string file = read_text(directory.path("a.npy"));
  EXPECT_THAT(file, StartsWith(std::string("\x93NUMPY\x01\x00", 8)));
  EXPECT_THAT(file.substr(10),
              StartsWith("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"));
  EXPECT_EQ(data_offset(file) % 64, 0u);
  EXPECT_EQ(file.substr(data_offset(file)),
            std::string(reinterpret_cast<const char*>(values.data()), 24));
  EXPECT_EQ(file.size(), npy_file_bytes(map));
}

TEST(NpyFile, on_a_full_disk_is_an_error_and_leaves_no_part) {
  const TempDirectory directory;
  const std::vector<float> values(64 * 64);
  Result<void> written;
  {
    const FileLimit limit(1000);
    written = write_npy_file(directory.path("a.npy"), {values.data(), 64, 64});
  }
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::DiskFull);
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST(NpyFile, of_a_map_without_a_size_is_refused) {
  const TempDirectory directory;
  const float value = 0;
  for (const MapView& map :
       {MapView{&value, 0, 1}, {&value, 1, 0}, {&value, -1, 1}, {nullptr, 1, 1}}) {
    const auto written = write_npy_file(directory.path("a.npy"), map);
    ASSERT_FALSE(written) << map.width << "x" << map.height;
    EXPECT_EQ(written.error().code, ErrorCode::BadShape);
  }
}

}  // namespace
}  // namespace gsttorch
