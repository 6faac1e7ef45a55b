// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/scenes/image_comment.h"

#include <string_view>

#include <zlib.h>

#include "lib/base/big_endian.h"
#include "lib/base/read_file.h"

namespace gsttorch {
namespace {

constexpr std::string_view kMark = "gst-torch contact sheet";
constexpr std::size_t kPngEndBytes = 12;  // the last chunk, which is empty

// PNG specification, 11.3.4.3: keyword, zero, text.
std::string text_chunk() {
  const std::string body = "tEXtSoftware" + std::string(1, '\0') + std::string(kMark);
  const uLong crc = crc32_z(0, reinterpret_cast<const Bytef*>(body.data()), body.size());
  return to_big_endian(body.size() - 4, 4) + body + to_big_endian(crc, 4);
}

// ITU-T T.81, B.2.4.5: a segment COM, whose length counts itself.
std::string comment_segment() {
  return "\xff\xfe" + to_big_endian(kMark.size() + 2, 2) + std::string(kMark);
}

// After SOI and the segment APP0 of JFIF, which has to be the first.
std::size_t place_of_comment(std::string_view jpeg) {
  if (jpeg.substr(2, 2) != "\xff\xe0") return 2;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(jpeg[at]); };
  return 4 + 256u * byte(4) + byte(5);
}

bool is_png(std::string_view bytes) { return bytes.starts_with("\x89PNG"); }

}  // namespace

std::string marked_as_page(std::string file) {
  const std::size_t at = is_png(file) ? file.size() - kPngEndBytes : place_of_comment(file);
  return file.insert(at, is_png(file) ? text_chunk() : comment_segment());
}

bool is_marked_as_page(const std::string& path) {
  return read_file(path).find(kMark) != std::string::npos;
}

}  // namespace gsttorch
