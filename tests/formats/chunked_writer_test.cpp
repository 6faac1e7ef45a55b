// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/formats/chunked_writer.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/temp_directory.h"

namespace gsttorch {
namespace {

std::string numbered(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; i++) bytes[i] = static_cast<char>(i * 7 + i / 251);
  return bytes;
}

TEST(ChunkedWriter, writes_what_was_appended_whatever_the_pieces) {
  for (const std::size_t size : {0, 1, 1 << 20, (1 << 20) + 1, (5 << 20) - 3}) {
    for (const std::size_t step : {1 << 16, 12345, 3 << 20}) {
      const TempDirectory directory;
      const std::string bytes = numbered(size);
      auto file = OutputFile::create(directory.path("a"));
      ASSERT_TRUE(file);
      ChunkedWriter writer(*file, size);
      for (std::size_t at = 0; at < size; at += step) {
        ASSERT_TRUE(writer.append(bytes.data() + at, std::min(step, size - at)));
      }
      ASSERT_TRUE(writer.finish());
      EXPECT_TRUE(read_text(directory.path("a")) == bytes) << size << " in steps of " << step;
    }
  }
}

TEST(ChunkedWriter, writes_no_small_piece) {
  constexpr std::size_t kMiB = std::size_t{1} << 20;
  for (const std::size_t size : {2 * kMiB - 1, 2 * kMiB + 1, 3 * kMiB + 100, 7 * kMiB + 61440}) {
    const TempDirectory directory;
    auto file = OutputFile::create(directory.path("a"));
    ASSERT_TRUE(file);
    ChunkedWriter writer(*file, size);
    std::uint64_t before = 0;
    const auto check = [&] {
      const std::uint64_t piece = file->bytes_written() - before;
      before += piece;
      EXPECT_TRUE(piece == 0 || piece >= kMiB - 8) << piece << " of " << size;
    };
    const std::string row(4096, 'x');
    for (std::size_t left = size; left > 0;) {
      const std::size_t count = std::min(left, row.size());
      ASSERT_TRUE(writer.append(row.data(), count));
      left -= count;
      check();
    }
    ASSERT_TRUE(writer.finish());
    check();
    EXPECT_EQ(before, size);
  }
}

}  // namespace
}  // namespace gsttorch
