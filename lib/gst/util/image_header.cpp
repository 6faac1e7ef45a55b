// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/util/image_header.h"

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string_view>

#include <gst/tag/tag.h>

#include "lib/base/big_endian.h"
#include "lib/base/read_file.h"
#include "lib/gst/util/enum_nick.h"
#include "lib/gst/util/ref.h"

namespace gsttorch {
namespace {

using namespace std::string_view_literals;

constexpr auto kJpegStart = "\xff\xd8\xff"sv, kJpegEnd = "\xff\xd9"sv, kExif = "Exif\0\0"sv;
constexpr auto kPngStart = "\x89PNG\r\n\x1a\n"sv;

std::uint8_t byte_at(std::string_view data, std::size_t at) {
  return at < data.size() ? static_cast<std::uint8_t>(data[at]) : 0;
}

GstVideoOrientationMethod exif_orientation(std::string_view exif) {
  auto orientation = GST_VIDEO_ORIENTATION_IDENTITY;
  const auto buffer = Ref<GstBuffer>::adopt(gst_buffer_new_memdup(exif.data(), exif.size()));
  g_autoptr(GstTagList) tags = gst_tag_list_from_exif_buffer_with_tiff_header(buffer.get());
  if (tags) gst_video_orientation_from_tag(tags, &orientation);
  return orientation;
}

bool is_frame_header(std::uint8_t marker) {  // SOF0 to SOF15, between which there are three others
  return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

// Segments of a marker, a length and data, up to the first scan. (ITU-T T.81, annex B)
void read_jpeg(std::string_view file, ImageHeader& header) {
  header.is_truncated = true;
  std::size_t at = 2;
  while (byte_at(file, at) == 0xff) {
    const std::uint8_t marker = byte_at(file, at + 1);
    if (marker == 0xda) {
      header.is_truncated = file.find(kJpegEnd, at) == std::string_view::npos;
      return;
    }
    if (at + 4 > file.size()) return;
    const std::size_t length = from_big_endian(file.substr(at + 2, 2));
    if (length < 2 || at + 2 + length > file.size()) return;
    const std::string_view data = file.substr(at + 4, length - 2);
    if (marker == 0xe1 && data.starts_with(kExif)) {
      header.orientation = exif_orientation(data.substr(kExif.size()));
    }
    if (is_frame_header(marker)) header.is_cmyk = byte_at(data, 5) == 4;
    at += 2 + length;
  }
}

// Chunks of a length, a type, data and a checksum.
void read_png(std::string_view file, ImageHeader& header) {
  header.is_truncated = true;
  for (std::size_t at = kPngStart.size(); at + 12 <= file.size();) {
    const std::string_view type = file.substr(at + 4, 4);
    if (type == "acTL") header.is_animated = true;
    if (type == "IEND") header.is_truncated = false;
    at += 12 + from_big_endian(file.substr(at, 4));
  }
}

}  // namespace

ImageHeader read_image_header(const std::string& path) {
  ImageHeader header;
  std::ifstream in(path, std::ios::binary);
  std::string start(kPngStart.size(), '\0');
  in.read(start.data(), static_cast<std::streamsize>(start.size()));
  const bool is_jpeg = start.starts_with(kJpegStart), is_png = start == kPngStart;
  if (!in || (!is_jpeg && !is_png)) return header;
  const std::string file = read_file(path);
  is_jpeg ? read_jpeg(file, header) : read_png(file, header);
  return header;
}

std::string image_decoding_elements(const ImageHeader& header) {
  const bool is_tagged = header.orientation != GST_VIDEO_ORIENTATION_IDENTITY;
  const auto direction = is_tagged ? header.orientation : GST_VIDEO_ORIENTATION_AUTO;  // of a video
  return std::string(
             "decodebin ! videoconvert ! video/x-raw,format=RGB ! videoflip video-direction=") +
         enum_nick(GST_TYPE_VIDEO_ORIENTATION_METHOD, direction);
}

}  // namespace gsttorch
