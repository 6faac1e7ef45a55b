// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/formats/chunked_writer.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace gsttorch {
namespace {

constexpr std::uint64_t kPieceBytes = std::uint64_t{1} << 20;
constexpr std::size_t kLargePartBytes = std::size_t{1} << 18;

std::size_t piece_bytes(std::uint64_t total) {
  const std::uint64_t pieces = std::max<std::uint64_t>(1, total / kPieceBytes);
  return static_cast<std::size_t>(std::max<std::uint64_t>(1, (total + pieces - 1) / pieces));
}

}  // namespace

ChunkedWriter::ChunkedWriter(OutputFile& file, std::uint64_t total_bytes)
    : file_(file),
      capacity_(piece_bytes(total_bytes)),
      piece_(std::make_unique_for_overwrite<char[]>(capacity_)) {}

Result<void> ChunkedWriter::append(const void* data, std::size_t size) {
  if (size >= kLargePartBytes) {
    if (auto done = finish(); !done) return done;
    return file_.write(data, size);
  }
  const char* from = static_cast<const char*>(data);
  while (size > 0) {
    const std::size_t count = std::min(size, capacity_ - used_);
    std::memcpy(piece_.get() + used_, from, count);
    used_ += count;
    from += count;
    size -= count;
    if (used_ < capacity_) continue;
    if (auto done = finish(); !done) return done;
  }
  return {};
}

Result<void> ChunkedWriter::finish() { return file_.write(piece_.get(), std::exchange(used_, 0)); }

}  // namespace gsttorch
