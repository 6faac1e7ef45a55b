// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/formats/npz_file.h"

#include <cstring>
#include <filesystem>
#include <vector>

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/file_limit.h"
#include "tests/support/temp_directory.h"

namespace gsttorch {
namespace {

using ::testing::StartsWith;

struct Unpacked {
  std::string name;
  std::string bytes;
  std::string error;
};

// The only entry of an archive, read with libarchive, which verifies checksums.
Unpacked unpack(const std::string& path) {
  Unpacked unpacked;
  archive* zip = archive_read_new();
  archive_read_support_format_zip_seekable(zip);
  archive_entry* entry = nullptr;
  if (archive_read_open_filename(zip, path.c_str(), 65536) == ARCHIVE_OK &&
      archive_read_next_header(zip, &entry) == ARCHIVE_OK) {
    unpacked.name = archive_entry_pathname(entry);
    char block[4096];
    la_ssize_t count = 0;
    while ((count = archive_read_data(zip, block, sizeof block)) > 0) {
      unpacked.bytes.append(block, static_cast<std::size_t>(count));
    }
    if (count == 0) count = archive_read_next_header(zip, &entry) == ARCHIVE_EOF ? 0 : -1;
    if (count < 0) unpacked.error = "damaged, or a second entry";
  }
  if (const char* text = archive_error_string(zip)) unpacked.error = text;
  archive_read_free(zip);
  return unpacked;
}

// Parts of an unpacked array: the dictionary in its header without padding, and its data.
std::string dictionary(const std::string& npy) {
  const std::string header = npy.substr(10, static_cast<std::uint8_t>(npy[8]));
  return header.substr(0, header.find('}') + 1);
}
std::string data(const std::string& npy) {
  return npy.substr(10 + static_cast<std::uint8_t>(npy[8]));
}

TEST(NpzFile, is_an_archive_with_the_array_that_numpy_calls_flow) {
  const TempDirectory directory;
  const std::vector<float> vectors{1, -2, 0.5f, 1e10f, 3, 4};
  ASSERT_TRUE(write_npz_file(directory.path("a.npz"), {vectors.data(), 3, 1}));
  const Unpacked array = unpack(directory.path("a.npz"));
  EXPECT_EQ(array.error, "");
  EXPECT_EQ(array.name, "flow.npy");
  EXPECT_THAT(array.bytes, StartsWith(std::string("\x93NUMPY\x01\x00", 8)));
  EXPECT_EQ(dictionary(array.bytes),
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3, 2), }");
  EXPECT_EQ(data(array.bytes).size() % 8, 0u);
  EXPECT_EQ((array.bytes.size() - data(array.bytes).size()) % 64, 0u);
  EXPECT_EQ(data(array.bytes), std::string(reinterpret_cast<const char*>(vectors.data()), 24));
}

TEST(NpzFile, keeps_half_precision_and_packs_rows) {
  const TempDirectory directory;
  const std::vector<std::uint16_t> halves{0x3c00, 0xc000, 7, 7, 0x4200, 0x4400, 7, 7};
  const FlowView view{halves.data(), 1, 2, FlowElement::Float16, 8};
  ASSERT_TRUE(write_npz_file(directory.path("a.npz"), view));
  const Unpacked array = unpack(directory.path("a.npz"));
  EXPECT_EQ(array.error, "");
  EXPECT_EQ(dictionary(array.bytes),
            "{'descr': '<f2', 'fortran_order': False, 'shape': (2, 1, 2), }");
  EXPECT_EQ(data(array.bytes), std::string("\x00\x3c\x00\xc0\x00\x42\x00\x44", 8));
}

TEST(NpzFile, stores_a_flow_of_several_chunks_with_the_predicted_size) {
  const TempDirectory directory;
  std::vector<float> vectors(2 * 401 * 700);
  for (std::size_t i = 0; i < vectors.size(); i++) vectors[i] = static_cast<float>(i) * 0.25f;
  const FlowView view{vectors.data(), 401, 700};
  ASSERT_TRUE(write_npz_file(directory.path("a.npz"), view));
  const Unpacked array = unpack(directory.path("a.npz"));
  EXPECT_EQ(array.error, "");
  ASSERT_EQ(data(array.bytes).size(), vectors.size() * sizeof(float));
  EXPECT_EQ(std::memcmp(data(array.bytes).data(), vectors.data(), vectors.size() * sizeof(float)),
            0);
  EXPECT_EQ(std::filesystem::file_size(directory.path("a.npz")), npz_file_bytes(view));
}

TEST(NpzFile, on_a_full_disk_is_an_error_and_leaves_no_part) {
  const TempDirectory directory;
  const std::vector<float> vectors(2 * 64 * 64);
  Result<void> written;
  {
    const FileLimit limit(1000);
    written = write_npz_file(directory.path("a.npz"), {vectors.data(), 64, 64});
  }
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::DiskFull);
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST(NpzFile, of_a_flow_without_a_size_or_beyond_the_format_is_refused) {
  const TempDirectory directory;
  const float vector[2] = {};
  for (const auto& [width, height] : {std::pair{0, 1}, {1, 0}, {-1, 1}, {99999, 99999}}) {
    const auto written = write_npz_file(directory.path("a.npz"), {vector, width, height});
    ASSERT_FALSE(written) << width << "x" << height;
    EXPECT_EQ(written.error().code, ErrorCode::BadShape);
  }
}

}  // namespace
}  // namespace gsttorch
