// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/formats/npz_archive.h"

#include <bit>

#include <zlib.h>

#include "lib/formats/chunked_writer.h"
#include "lib/formats/npy_file.h"
#include "lib/formats/output_file.h"

namespace gsttorch {
namespace {

static_assert(std::endian::native == std::endian::little, "zip and '<f4' are little-endian");

// Written by hand because small zip libraries write through stdio in small pieces, and uncompressed
// entries need no library.
constexpr std::uint16_t kVersion = 20;         // version of the zip format: 2.0
constexpr std::uint16_t kFirstOfJanuary = 33;  // 1980: equal arrays give equal bytes

class Bytes {
 public:
  Bytes& u16(std::uint16_t n) { return raw(&n, sizeof n); }
  Bytes& u32(std::uint32_t n) { return raw(&n, sizeof n); }
  Bytes& text(const std::string& t) { return raw(t.data(), t.size()); }
  const std::string& get() const { return bytes_; }

 private:
  Bytes& raw(const void* data, std::size_t size) {
    bytes_.append(static_cast<const char*>(data), size);
    return *this;
  }
  std::string bytes_;
};

struct Entry {
  const NpzArray* array = nullptr;
  std::string name;
  std::string header;        // of the array
  std::uint64_t bytes = 0;   // header and data
  std::uint32_t crc = 0;     // of header and data
  std::uint64_t offset = 0;  // in the file
};

bool is_packed(const NpzArray& array) {
  return array.stride_bytes == static_cast<std::ptrdiff_t>(array.row_bytes);
}

std::uint32_t checksum(const Entry& entry) {
  const NpzArray& array = *entry.array;
  const auto bytes = [](const void* data) { return static_cast<const Bytef*>(data); };
  uLong crc = crc32_z(0, bytes(entry.header.data()), entry.header.size());
  const std::uint64_t parts = is_packed(array) ? array.rows > 0 : array.rows;
  const std::size_t part = is_packed(array) ? array.bytes() : array.row_bytes;
  for (std::uint64_t y = 0; y < parts; y++) crc = crc32_z(crc, bytes(array.row(y)), part);
  return static_cast<std::uint32_t>(crc);
}

/// The fields that the local and the central header of an entry share.
std::string facts(const Entry& entry) {
  constexpr std::uint16_t kFlags = 0, kStored = 0, kMidnight = 0, kNoExtra = 0;
  const auto size = static_cast<std::uint32_t>(entry.bytes);
  return Bytes()
      .u16(kVersion)
      .u16(kFlags)
      .u16(kStored)
      .u16(kMidnight)
      .u16(kFirstOfJanuary)
      .u32(entry.crc)
      .u32(size)
      .u32(size)
      .u16(static_cast<std::uint16_t>(entry.name.size()))
      .u16(kNoExtra)
      .get();
}

std::string before_data(const Entry& entry) {
  return Bytes().text("PK\x03\x04").text(facts(entry)).text(entry.name).text(entry.header).get();
}

std::string directory_entry(const Entry& entry) {
  return Bytes()
      .text("PK\x01\x02")
      .u16(kVersion)
      .text(facts(entry))
      .u16(0)  // no comment
      .u16(0)  // first disk
      .u16(0)  // binary
      .u32(0)  // no attributes
      .u32(static_cast<std::uint32_t>(entry.offset))
      .text(entry.name)
      .get();
}

std::uint64_t bytes_in_file(const Entry& entry) {
  return before_data(entry).size() - entry.header.size() + entry.bytes;
}

std::vector<Entry> describe(std::span<const NpzArray> arrays) {
  std::vector<Entry> entries;
  std::uint64_t offset = 0;
  for (const NpzArray& array : arrays) {
    Entry entry{&array, array.name + ".npy", npy_header(array.type, array.shape), 0, 0, offset};
    entry.bytes = entry.header.size() + array.bytes();
    offset += bytes_in_file(entry);
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::string after_data(const std::vector<Entry>& entries) {
  std::string directory;
  for (const Entry& entry : entries) directory += directory_entry(entry);
  const std::uint64_t start =
      entries.empty() ? 0 : entries.back().offset + bytes_in_file(entries.back());
  const auto count = static_cast<std::uint16_t>(entries.size());
  return Bytes()
      .text(directory)
      .text("PK\x05\x06")
      .u16(0)  // this disk
      .u16(0)  // disk of the directory
      .u16(count)
      .u16(count)  // on all disks
      .u32(static_cast<std::uint32_t>(directory.size()))
      .u32(static_cast<std::uint32_t>(start))
      .u16(0)  // no comment
      .get();
}

std::uint64_t file_bytes(const std::vector<Entry>& entries) {
  std::uint64_t bytes = after_data(entries).size();
  for (const Entry& entry : entries) bytes += bytes_in_file(entry);
  return bytes;
}

Result<void> append_entry(ChunkedWriter& writer, const Entry& entry) {
  const NpzArray& array = *entry.array;
  const std::string before = before_data(entry);
  if (auto done = writer.append(before.data(), before.size()); !done) return done;
  if (is_packed(array)) return writer.append(array.data, array.bytes());
  for (std::uint64_t y = 0; y < array.rows; y++) {
    if (auto done = writer.append(array.row(y), array.row_bytes); !done) return done;
  }
  return {};
}

}  // namespace

std::uint64_t npz_archive_bytes(std::span<const NpzArray> arrays) {
  return file_bytes(describe(arrays));
}

Result<void> write_npz_archive(const std::string& path, std::span<const NpzArray> arrays) {
  std::vector<Entry> entries = describe(arrays);
  if (file_bytes(entries) > kMaxNpzBytes) {
    return Error{ErrorCode::BadShape, "the .npz file " + path + " would be too large"};
  }
  for (Entry& entry : entries) entry.crc = checksum(entry);
  return write_whole_file(path, [&](OutputFile& file) -> Result<void> {
    ChunkedWriter writer(file, file_bytes(entries));
    for (const Entry& entry : entries) {
      if (auto done = append_entry(writer, entry); !done) return done;
    }
    const std::string after = after_data(entries);
    if (auto done = writer.append(after.data(), after.size()); !done) return done;
    return writer.finish();
  });
}

}  // namespace gsttorch
