// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/core/npz_file.h"

#include <bit>
#include <cstdint>
#include <cstring>

#include <zlib.h>

#include "lib/core/even_writer.h"
#include "lib/core/npy_file.h"
#include "lib/core/output_file.h"

namespace gsttorch {
namespace {

static_assert(std::endian::native == std::endian::little, "zip and '<f4' are little-endian");

// Zip libraries that are small write through stdio in small pieces; one stored entry needs none.
constexpr char kName[] = "flow.npy";
constexpr std::uint16_t kVersion = 20;         // of the zip format: 2.0
constexpr std::uint16_t kFirstOfJanuary = 33;  // 1980: the same flow gives the same bytes

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

std::string header_of(const FlowView& flow) {
  return npy_header(
      flow.type == FlowElement::Float16 ? "<f2" : "<f4",
      {static_cast<std::uint64_t>(flow.height), static_cast<std::uint64_t>(flow.width), 2});
}

struct Entry {
  std::string header;  // of the array
  std::uint64_t bytes = 0;
  std::uint32_t crc = 0;
};

Entry describe(const FlowView& flow) {
  Entry entry;
  entry.header = header_of(flow);
  entry.bytes = entry.header.size() + flow.row_bytes() * static_cast<std::uint64_t>(flow.height);
  return entry;
}

std::uint32_t checksum(const Entry& entry, const FlowView& flow) {
  uLong crc = crc32_z(0, reinterpret_cast<const Bytef*>(entry.header.data()), entry.header.size());
  for (int y = 0; y < flow.height; y++) crc = crc32_z(crc, flow.row(y), flow.row_bytes());
  return static_cast<std::uint32_t>(crc);
}

/// What both of a zip file's headers say of an entry.
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
      .u16(sizeof kName - 1)
      .u16(kNoExtra)
      .get();
}

std::string before_data(const Entry& entry) {
  return Bytes().text("PK\x03\x04").text(facts(entry)).text(kName).text(entry.header).get();
}

std::string after_data(const Entry& entry) {
  const std::string directory = Bytes()
                                    .text("PK\x01\x02")
                                    .u16(kVersion)
                                    .text(facts(entry))
                                    .u16(0)  // no comment
                                    .u16(0)  // first disk
                                    .u16(0)  // binary
                                    .u32(0)  // no attributes
                                    .u32(0)  // at the beginning
                                    .text(kName)
                                    .get();
  const std::uint64_t start = before_data(entry).size() - entry.header.size() + entry.bytes;
  return Bytes()
      .text(directory)
      .text("PK\x05\x06")
      .u16(0)  // this disk
      .u16(0)  // disk of the directory
      .u16(1)  // entries on it
      .u16(1)  // entries
      .u32(static_cast<std::uint32_t>(directory.size()))
      .u32(static_cast<std::uint32_t>(start))
      .u16(0)  // no comment
      .get();
}

std::uint64_t file_bytes(const Entry& entry) {
  return before_data(entry).size() - entry.header.size() + entry.bytes + after_data(entry).size();
}

Result<void> write_contents(OutputFile& file, const Entry& entry, const FlowView& flow) {
  EvenWriter writer(file, file_bytes(entry));
  const std::string before = before_data(entry), after = after_data(entry);
  if (auto done = writer.append(before.data(), before.size()); !done) return done;
  const bool is_packed = flow.is_packed();
  const std::size_t part = is_packed ? flow.packed_bytes() : flow.row_bytes();
  for (int y = 0; y < (is_packed ? 1 : flow.height); y++) {
    if (auto done = writer.append(flow.row(y), part); !done) return done;
  }
  if (auto done = writer.append(after.data(), after.size()); !done) return done;
  return writer.finish();
}

}  // namespace

std::uint64_t npz_file_bytes(const FlowView& flow) { return file_bytes(describe(flow)); }

Result<void> write_npz_file(const std::string& path, const FlowView& flow) {
  constexpr std::uint64_t kMaxBytes = 0xffff0000;  // beyond it: another zip format
  const bool has_size = flow.data && flow.width > 0 && flow.height > 0;
  if (!has_size || npz_file_bytes(flow) > kMaxBytes) {
    return Error{ErrorCode::BadShape, "no .npz file holds a flow of " + std::to_string(flow.width) +
                                          "x" + std::to_string(flow.height)};
  }
  Entry entry = describe(flow);
  entry.crc = checksum(entry, flow);
  return write_whole_file(path,
                          [&](OutputFile& file) { return write_contents(file, entry, flow); });
}

}  // namespace gsttorch
