// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/scenes/split/display_matrix.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <functional>
#include <optional>
#include <string_view>

#include "lib/base/big_endian.h"

namespace gsttorch {
namespace {

// A box of ISO/IEC 14496-12: where its contents begin and end in the bytes around it.
struct Box {
  std::string type;
  std::uint64_t begin = 0, end = 0;
};

// `read`: so many bytes at a place, fewer at the end.
using Read = std::function<std::string(std::uint64_t at, std::size_t bytes)>;

// The first box of this type that a box directly holds.
std::optional<Box> find_box(const Read& read, const Box& parent, std::string_view type) {
  for (std::uint64_t at = parent.begin; at + 8 <= parent.end;) {
    const std::string header = read(at, 16);
    if (header.size() < 8) return std::nullopt;
    std::uint64_t size = from_big_endian(std::string_view(header).substr(0, 4)), header_bytes = 8;
    if (size == 1 && header.size() == 16) {
      size = from_big_endian(std::string_view(header).substr(8));
      header_bytes = 16;
    }
    if (size == 0) size = parent.end - at;
    if (size < header_bytes || size > parent.end - at) return std::nullopt;
    Box box{header.substr(4, 4), at + header_bytes, at + size};
    if (box.type == type) return box;
    at += size;
  }
  return std::nullopt;
}

bool is_video(const Read& read, const Box& track) {
  const auto media = find_box(read, track, "mdia");
  const auto handler = media ? find_box(read, *media, "hdlr") : std::nullopt;
  return handler && read(handler->begin + 8, 4) == "vide";
}

// Of the video track.
std::optional<Box> find_track_header(const Read& read, std::uint64_t file_bytes) {
  auto rest = find_box(read, {"", 0, file_bytes}, "moov");
  while (rest) {
    const auto track = find_box(read, *rest, "trak");
    if (!track) return std::nullopt;
    if (is_video(read, *track)) return find_box(read, *track, "tkhd");
    rest->begin = track->end;
  }
  return std::nullopt;
}

// (x, y) goes to (a x + c y, b x + d y), and then into the quadrant of positive numbers.
struct Turn {
  int a = 1, b = 0, c = 0, d = 1;
};

// Flips exchange left and right before the rotation, which is clockwise.
Turn turn_of(std::string_view orientation) {
  Turn turn;
  if (orientation.ends_with("rotate-90")) turn = {0, 1, -1, 0};
  if (orientation.ends_with("rotate-180")) turn = {-1, 0, 0, -1};
  if (orientation.ends_with("rotate-270")) turn = {0, -1, 1, 0};
  if (orientation.starts_with("flip-")) turn = {-turn.a, -turn.b, turn.c, turn.d};
  return turn;
}

// Nine numbers of 32 bits: 16.16, but 2.30 in the last column. `width` and `height` are 16.16.
std::string matrix_of(const Turn& turn, std::int32_t width, std::int32_t height) {
  constexpr std::int32_t kOne = 1 << 16;
  const std::int32_t x = std::max(0, -turn.a) * width + std::max(0, -turn.c) * height;
  const std::int32_t y = std::max(0, -turn.b) * width + std::max(0, -turn.d) * height;
  const std::array<std::int32_t, 9> numbers = {
      turn.a * kOne, turn.b * kOne, 0, turn.c * kOne, turn.d * kOne, 0, x, y, 1 << 30};
  std::string bytes;
  for (const std::int32_t number : numbers) {
    bytes += to_big_endian(static_cast<std::uint32_t>(number), 4);
  }
  return bytes;
}

}  // namespace

Result<void> set_display_matrix(const std::string& path, const std::string& orientation) {
  if (orientation.empty()) return {};
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary | std::ios::ate);
  const auto file_bytes = static_cast<std::uint64_t>(std::max<std::streamoff>(0, file.tellg()));
  const Read read = [&file](std::uint64_t at, std::size_t bytes) {
    std::string text(bytes, '\0');
    file.clear();
    file.seekg(static_cast<std::streamoff>(at));
    file.read(text.data(), static_cast<std::streamsize>(bytes));
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
  };
  const auto header = find_track_header(read, file_bytes);
  if (!header) return Error{ErrorCode::Failed, path + " has no video track"};
  // Version 1 has three numbers of 64 bits instead of 32 before the matrix.
  const std::uint64_t at = header->begin + (read(header->begin, 1) == "\1" ? 52 : 40);
  const auto side = [&read](std::uint64_t place) {
    return static_cast<std::int32_t>(from_big_endian(read(place, 4)));
  };
  const std::string matrix = matrix_of(turn_of(orientation), side(at + 36), side(at + 40));
  file.clear();
  file.seekp(static_cast<std::streamoff>(at));
  file.write(matrix.data(), static_cast<std::streamsize>(matrix.size()));
  if (!file.flush()) return Error{ErrorCode::WriteFailed, "cannot write " + path};
  return {};
}

}  // namespace gsttorch
