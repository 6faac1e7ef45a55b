// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/core/flow_file.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "lib/core/output_file.h"

namespace gsttorch {
namespace {

static_assert(std::endian::native == std::endian::little, ".flo files are little-endian");

// Middlebury's file format: a float that reads "PIEH" as bytes, then width, height, vectors.
constexpr float kTag = 202021.25f;
constexpr int kMaxSide = 99999;
constexpr std::size_t kWriteBytes = std::size_t{1} << 20;

struct Header {
  float tag = kTag;
  std::int32_t width = 0;
  std::int32_t height = 0;
};
static_assert(sizeof(Header) == 12);

bool is_size(int width, int height) {
  return width > 0 && height > 0 && width <= kMaxSide && height <= kMaxSide;
}

/// As many rows in one piece as fit: few system calls, and no second copy of the whole flow.
Result<void> write_rows(OutputFile& file, const FlowView& flow) {
  const std::size_t row = 2 * static_cast<std::size_t>(flow.width);
  const int rows = static_cast<int>(std::max<std::size_t>(1, kWriteBytes / (row * sizeof(float))));
  std::vector<float> piece(row * static_cast<std::size_t>(std::min(rows, flow.height)));
  for (int top = 0; top < flow.height; top += rows) {
    const int count = std::min(rows, flow.height - top);
    for (int y = 0; y < count; y++) {
      flow.read_row(top + y, piece.data() + row * static_cast<std::size_t>(y));
    }
    const auto written =
        file.write(piece.data(), row * static_cast<std::size_t>(count) * sizeof(float));
    if (!written) return written;
  }
  return {};
}

Result<void> write_whole(const std::string& path, const FlowView& flow) {
  auto file = OutputFile::create(path);
  if (!file) return file.error();
  const Header header{kTag, flow.width, flow.height};
  if (auto done = file->write(&header, sizeof header); !done) return done;
  if (auto done = write_rows(*file, flow); !done) return done;
  return file->close();
}

Error corrupt(const std::string& path, const std::string& why) {
  return {ErrorCode::Corrupt, path + " is not a .flo file: " + why};
}

}  // namespace

std::uint64_t flow_file_bytes(int width, int height) {
  return sizeof(Header) +
         2 * sizeof(float) * static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height);
}

Result<void> write_flow_file(const std::string& path, const FlowView& flow) {
  if (!flow.data || !is_size(flow.width, flow.height)) {
    return Error{ErrorCode::BadShape, "no .flo file holds a flow of " + std::to_string(flow.width) +
                                          "x" + std::to_string(flow.height)};
  }
  const std::string part = path + ".part";
  auto done = write_whole(part, flow);
  if (done && std::rename(part.c_str(), path.c_str()) != 0) {
    done = file_error("cannot create", path, errno);
  }
  if (!done) std::remove(part.c_str());
  return done;
}

Result<FlowFile> read_flow_file(const std::string& path) {
  std::error_code failure;
  const std::uintmax_t size = std::filesystem::file_size(path, failure);
  if (failure) return Error{ErrorCode::NotFound, "cannot read " + path + ": " + failure.message()};
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error{ErrorCode::NotFound, "cannot open " + path};

  Header header;
  if (!in.read(reinterpret_cast<char*>(&header), sizeof header)) return corrupt(path, "too short");
  if (header.tag != kTag) return corrupt(path, "wrong tag");
  if (!is_size(header.width, header.height)) return corrupt(path, "impossible size");
  const std::uint64_t expected = flow_file_bytes(header.width, header.height);
  if (size != expected) {
    return corrupt(path, std::to_string(size) + " bytes where its header makes it " +
                             std::to_string(expected));
  }
  FlowFile flow{header.width, header.height, {}};
  flow.vectors.resize((expected - sizeof header) / sizeof(float));
  if (!in.read(reinterpret_cast<char*>(flow.vectors.data()),
               static_cast<std::streamsize>(expected - sizeof header))) {
    return Error{ErrorCode::Failed, "cannot read " + path};
  }
  return flow;
}

}  // namespace gsttorch
