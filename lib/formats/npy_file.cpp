// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/formats/npy_file.h"

#include <bit>

#include "lib/formats/chunked_writer.h"
#include "lib/formats/output_file.h"

namespace gsttorch {
namespace {

static_assert(std::endian::native == std::endian::little, "'<f4' is little-endian");

std::string header_of(const MapView& map) {
  return npy_header(
      "<f4", {static_cast<std::uint64_t>(map.height), static_cast<std::uint64_t>(map.width)});
}

}  // namespace

std::string npy_header(const std::string& type, const std::vector<std::uint64_t>& shape) {
  constexpr std::size_t kBefore = 10, kAlignment = 64;
  std::string dictionary = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (";
  for (std::size_t i = 0; i < shape.size(); i++) {
    dictionary.append(i > 0 ? ", " : "").append(std::to_string(shape[i]));
  }
  dictionary += shape.size() == 1 ? ",), }" : "), }";
  while ((kBefore + dictionary.size() + 1) % kAlignment != 0) dictionary += ' ';
  dictionary += '\n';
  const std::size_t length = dictionary.size();
  std::string header("\x93NUMPY\x01\x00", 8);
  header += static_cast<char>(length & 0xff);
  header += static_cast<char>(length >> 8);
  return header + dictionary;
}

std::uint64_t npy_file_bytes(const MapView& map) { return header_of(map).size() + map.bytes(); }

Result<void> write_npy_file(const std::string& path, const MapView& map) {
  if (!map.data || map.width <= 0 || map.height <= 0) {
    return Error{ErrorCode::BadShape, "cannot write a .npy file with a map of " +
                                          std::to_string(map.width) + "x" +
                                          std::to_string(map.height)};
  }
  return write_whole_file(path, [&](OutputFile& file) -> Result<void> {
    ChunkedWriter writer(file, npy_file_bytes(map));
    const std::string header = header_of(map);
    if (auto done = writer.append(header.data(), header.size()); !done) return done;
    if (auto done = writer.append(map.data, map.bytes()); !done) return done;
    return writer.finish();
  });
}

}  // namespace gsttorch
