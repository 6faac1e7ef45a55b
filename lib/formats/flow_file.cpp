// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/formats/flow_file.h"

#include <bit>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "lib/formats/chunked_writer.h"
#include "lib/formats/output_file.h"

namespace gsttorch {
namespace {

static_assert(std::endian::native == std::endian::little, ".flo files are little-endian");

// Middlebury's file format: a float whose bytes read "PIEH", then width, height, vectors.
constexpr float kTag = 202021.25f;
constexpr int kMaxSide = 99999;

struct Header {
  float tag = kTag;
  std::int32_t width = 0;
  std::int32_t height = 0;
};
static_assert(sizeof(Header) == 12);

bool is_size(int width, int height) {
  return width > 0 && height > 0 && width <= kMaxSide && height <= kMaxSide;
}

Result<void> write_contents(OutputFile& file, const FlowView& flow) {
  ChunkedWriter writer(file, flow_file_bytes(flow.width, flow.height));
  const Header header{kTag, flow.width, flow.height};
  if (auto done = writer.append(&header, sizeof header); !done) return done;
  if (flow.type == FlowElement::Float32 && flow.is_packed()) {
    if (auto done = writer.append(flow.data, flow.packed_bytes()); !done) return done;
    return writer.finish();
  }
  std::vector<float> row(2 * static_cast<std::size_t>(flow.width));
  for (int y = 0; y < flow.height; y++) {
    flow.read_row(y, row.data());
    if (auto done = writer.append(row.data(), row.size() * sizeof(float)); !done) return done;
  }
  return writer.finish();
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
    return Error{ErrorCode::BadShape, "cannot write a .flo file with a flow of " +
                                          std::to_string(flow.width) + "x" +
                                          std::to_string(flow.height)};
  }
  return write_whole_file(path, [&](OutputFile& file) { return write_contents(file, flow); });
}

Result<FlowFile> read_flow_file(const std::string& path) {
  std::error_code failure;
  const std::uintmax_t size = std::filesystem::file_size(path, failure);
  if (failure) return Error{ErrorCode::NotFound, "cannot read " + path + ": " + failure.message()};
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error{ErrorCode::NotFound, "cannot open " + path};

  Header header;
  if (!in.read(reinterpret_cast<char*>(&header), sizeof header))
    return corrupt(path, "it is too short");
  if (header.tag != kTag) return corrupt(path, "it does not begin with the tag PIEH");
  if (!is_size(header.width, header.height)) return corrupt(path, "its header has an invalid size");
  const std::uint64_t expected = flow_file_bytes(header.width, header.height);
  if (size != expected) {
    return corrupt(path, "it has " + std::to_string(size) + " bytes, but its header requires " +
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
