// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/weights/zip_index.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

#include "lib/nn/weights/corrupt.h"

// Field offsets are those of the .ZIP File Format Specification (APPNOTE), sections 4.3.7 (local
// header), 4.3.12 (central directory), 4.3.14 to 4.3.16 (ends of it) and 4.5.3 (zip64 field).
namespace gsttorch {
namespace {

constexpr std::uint32_t kLocalHeader = 0x04034b50;
constexpr std::uint32_t kCentralHeader = 0x02014b50;
constexpr std::uint32_t kEnd = 0x06054b50;
constexpr std::uint32_t kEnd64 = 0x06064b50;
constexpr std::uint32_t kEnd64Locator = 0x07064b50;
constexpr std::size_t kEndSize = 22;
constexpr std::size_t kEnd64LocatorSize = 20;
constexpr std::size_t kLongestComment = 0xffff;
constexpr std::uint64_t kInZip64Field = 0xffffffff;

[[noreturn]] void damaged(const char* what) {
  fail_corrupt(std::string("damaged zip archive: ") + what);
}

std::string_view part(std::string_view bytes, std::uint64_t offset, std::uint64_t size) {
  if (offset > bytes.size() || size > bytes.size() - offset) damaged("it is truncated");
  return bytes.substr(offset, size);
}

template <typename T>
T field(std::string_view bytes, std::uint64_t offset) {
  T value;
  std::memcpy(&value, part(bytes, offset, sizeof(T)).data(), sizeof(T));
  return value;
}

struct Directory {
  std::uint64_t offset;
  std::uint64_t entries;
};

/// The record at the very end says where the directory is; only a comment may follow it.
std::uint64_t find_end(std::string_view archive) {
  if (archive.size() < kEndSize) damaged("it is truncated");
  const std::size_t last = archive.size() - kEndSize;
  const std::size_t first = last - std::min(last, kLongestComment);
  for (std::size_t at = last + 1; at-- > first;) {
    if (field<std::uint32_t>(archive, at) != kEnd) continue;
    if (at + kEndSize + field<std::uint16_t>(archive, at + 20) == archive.size()) return at;
  }
  damaged("it has no directory at its end");
}

Directory find_directory(std::string_view archive) {
  const std::uint64_t end = find_end(archive);
  const Directory small = {field<std::uint32_t>(archive, end + 16),
                           field<std::uint16_t>(archive, end + 10)};
  if (end < kEnd64LocatorSize) return small;
  const std::uint64_t locator = end - kEnd64LocatorSize;
  if (field<std::uint32_t>(archive, locator) != kEnd64Locator) return small;
  const auto end64 = field<std::uint64_t>(archive, locator + 8);
  if (field<std::uint32_t>(archive, end64) != kEnd64) damaged("it has no zip64 directory");
  return {field<std::uint64_t>(part(archive, end64, 56), 48),
          field<std::uint64_t>(part(archive, end64, 56), 32)};
}

struct Entry {
  std::string_view name;
  std::uint64_t size;
  std::uint64_t packed_size;
  std::uint64_t header_offset;
};

/// Sizes and offsets that do not fit 32 bits stand in an extra field, in this order, and only
/// those.
void read_zip64_field(std::string_view extra, Entry& entry) {
  while (extra.size() >= 4) {
    const auto id = field<std::uint16_t>(extra, 0);
    const std::string_view data = part(extra, 4, field<std::uint16_t>(extra, 2));
    extra.remove_prefix(4 + data.size());
    if (id != 1) continue;
    std::uint64_t at = 0;
    for (std::uint64_t* value : {&entry.size, &entry.packed_size, &entry.header_offset}) {
      if (*value != kInZip64Field) continue;
      *value = field<std::uint64_t>(data, at);
      at += sizeof(std::uint64_t);
    }
    return;
  }
}

std::string_view entry_data(std::string_view archive, const Entry& entry) {
  const std::string_view header = part(archive, entry.header_offset, 30);
  if (field<std::uint32_t>(header, 0) != kLocalHeader) damaged("a record has no header");
  // The local extra field has a length of its own: it pads the data to a round address.
  const std::uint64_t start = entry.header_offset + 30 + field<std::uint16_t>(header, 26) +
                              field<std::uint16_t>(header, 28);
  return part(archive, start, entry.size);
}

}  // namespace

ZipIndex::ZipIndex(std::string_view archive) {
  const Directory directory = find_directory(archive);
  std::uint64_t at = directory.offset;
  for (std::uint64_t i = 0; i < directory.entries; i++) {
    const std::string_view header = part(archive, at, 46);
    if (field<std::uint32_t>(header, 0) != kCentralHeader) damaged("its directory is invalid");
    const auto name_size = field<std::uint16_t>(header, 28);
    const auto extra_size = field<std::uint16_t>(header, 30);
    const auto comment_size = field<std::uint16_t>(header, 32);
    Entry entry = {part(archive, at + 46, name_size), field<std::uint32_t>(header, 24),
                   field<std::uint32_t>(header, 20), field<std::uint32_t>(header, 42)};
    read_zip64_field(part(archive, at + 46 + name_size, extra_size), entry);
    const bool encrypted = (field<std::uint16_t>(header, 8) & 1) != 0;
    const bool stored = field<std::uint16_t>(header, 10) == 0 && entry.size == entry.packed_size;
    if (encrypted || !stored) fail_corrupt("the zip archive has compressed or encrypted records");
    if (!records_.emplace(entry.name, entry_data(archive, entry)).second) {
      damaged("two records have the same name");
    }
    at += 46 + name_size + extra_size + comment_size;
  }
}

std::string_view ZipIndex::record(std::string_view name) const {
  const auto found = records_.find(name);
  if (found == records_.end()) fail_corrupt("the archive has no record " + printable(name));
  return found->second;
}

}  // namespace gsttorch
