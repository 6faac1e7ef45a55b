// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/util/image_header.h"

#include <gtest/gtest.h>

#include "lib/gst/util/image_file.h"
#include "tests/support/gst_pipeline.h"
#include "tests/support/temp_directory.h"

namespace gsttorch {
namespace {

using namespace std::string_literals;

// A segment of a JPEG file.
std::string segment(char marker, const std::string& data) {
  const std::size_t length = data.size() + 2;
  return "\xff"s + marker + static_cast<char>(length >> 8) + static_cast<char>(length & 0xff) +
         data;
}

std::string exif_segment(char orientation) {
  return segment('\xe1', "Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"s + orientation +
                             "\0\0\0\0\0\0"s);
}

std::string frame_header(char components) {
  return segment('\xc0', "\x08\0\x08\0\x08"s + components + std::string(3 * components, '\x11'));
}

std::string jpeg(const std::string& segments, const std::string& end = "\xff\xd9"s) {
  return "\xff\xd8"s + segments + segment('\xda', "\x01\x01\0\0\x3f\0"s) + "pixels" + end;
}

std::string chunk(const std::string& type, const std::string& data = "") {
  return "\0\0\0"s + static_cast<char>(data.size()) + type + data + "sum!";
}

class ImageHeaderTest : public testing::Test {
 protected:
  ImageHeader header_of(const std::string& bytes) const {
    write_text(directory_.path("image"), bytes);
    return read_image_header(directory_.path("image"));
  }

  TempDirectory directory_;
};

TEST_F(ImageHeaderTest, reads_how_a_jpeg_file_is_turned) {
  EXPECT_EQ(header_of(jpeg(frame_header(3))).orientation, GST_VIDEO_ORIENTATION_IDENTITY);
  const std::string before = segment('\xe0', "JFIF"), after = frame_header(3);
  EXPECT_EQ(header_of(jpeg(before + exif_segment(2) + after)).orientation,
            GST_VIDEO_ORIENTATION_HORIZ);
  EXPECT_EQ(header_of(jpeg(before + exif_segment(6) + after)).orientation,
            GST_VIDEO_ORIENTATION_90R);
  EXPECT_EQ(header_of(jpeg(before + exif_segment(8) + after)).orientation,
            GST_VIDEO_ORIENTATION_90L);
}

TEST_F(ImageHeaderTest, knows_cmyk_by_its_components) {
  EXPECT_FALSE(header_of(jpeg(frame_header(3))).is_cmyk);
  EXPECT_TRUE(header_of(jpeg(frame_header(4))).is_cmyk);
}

TEST_F(ImageHeaderTest, sees_that_the_end_is_missing) {
  const std::string png = "\x89PNG\r\n\x1a\n" + chunk("IHDR", "size") + chunk("IDAT", "pixels");
  EXPECT_FALSE(header_of(jpeg(frame_header(3))).is_truncated);
  EXPECT_FALSE(header_of(png + chunk("IEND")).is_truncated);
  EXPECT_TRUE(header_of(jpeg(frame_header(3), "")).is_truncated);
  EXPECT_TRUE(header_of(png).is_truncated);
}

TEST_F(ImageHeaderTest, takes_any_prefix_of_a_file) {
  const std::string whole = jpeg(exif_segment(6) + frame_header(3));
  for (std::size_t size = 8; size < whole.size(); size++) {
    EXPECT_TRUE(header_of(whole.substr(0, size)).is_truncated) << size;
  }
  EXPECT_FALSE(header_of("").is_truncated);
  EXPECT_FALSE(header_of("no image at all").is_truncated);
  EXPECT_TRUE(header_of("\xff\xd8\xff\xe1\0\0\0\0"s).is_truncated);  // a segment of no length
}

TEST_F(ImageHeaderTest, knows_an_animated_png_file) {
  const std::string start = "\x89PNG\r\n\x1a\n" + chunk("IHDR", "size");
  EXPECT_FALSE(header_of(start + chunk("IEND")).is_animated);
  EXPECT_TRUE(header_of(start + chunk("acTL", "frames") + chunk("IEND")).is_animated);
}

TEST_F(ImageHeaderTest, a_reference_image_is_read_as_displayed) {
  const std::string path = directory_.path("image.jpg");
  run_pipeline(
      "videotestsrc num-buffers=1 ! video/x-raw,width=32,height=16 ! jpegenc ! "
      "filesink location=" +
      path);
  const std::string stored = read_text(path);
  write_text(path, stored.substr(0, 2) + exif_segment(6) + stored.substr(2));
  const auto image = read_reference_image(path);
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ(image->width, 16);
  EXPECT_EQ(image->height, 32);
}

}  // namespace
}  // namespace gsttorch
