// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/matching/image_region.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/image.h"

namespace gsttorch {
namespace {

struct Format {
  PixelFormat format;
  // Of plane i: bytes per step in x, image columns per step, and image rows per plane row.
  struct Plane {
    int bytes, columns, rows;
  };
  std::vector<Plane> planes;
};

const std::vector<Format> kFormats = {
    {PixelFormat::NV12, {{1, 1, 1}, {2, 2, 2}}},
    {PixelFormat::I420, {{1, 1, 1}, {1, 2, 2}, {1, 2, 2}}},
    {PixelFormat::Y42B, {{1, 1, 1}, {1, 2, 1}, {1, 2, 1}}},
    {PixelFormat::Y444, {{1, 1, 1}, {1, 1, 1}, {1, 1, 1}}},
    {PixelFormat::YUY2, {{4, 2, 1}}},
    {PixelFormat::UYVY, {{4, 2, 1}}},
    {PixelFormat::I420_10LE, {{2, 1, 1}, {2, 2, 2}, {2, 2, 2}}},
    {PixelFormat::P010_10LE, {{2, 1, 1}, {4, 2, 2}}},
    {PixelFormat::RGB, {{3, 1, 1}}},
    {PixelFormat::BGR, {{3, 1, 1}}},
    {PixelFormat::RGBx, {{4, 1, 1}}},
    {PixelFormat::BGRx, {{4, 1, 1}}},
    {PixelFormat::RGBA, {{4, 1, 1}}},
    {PixelFormat::BGRA, {{4, 1, 1}}},
    {PixelFormat::GRAY8, {{1, 1, 1}}},
};

constexpr int kWidth = 21, kHeight = 11, kStride = 96;

// The value of every byte depends on its position.
struct Planes {
  explicit Planes(const Format& format) {
    view.format = format.format;
    view.width = kWidth;
    view.height = kHeight;
    for (std::size_t i = 0; i < format.planes.size(); i++) {
      for (int at = 0; at < kStride * kHeight; at++) {
        bytes[i].push_back(static_cast<std::uint8_t>(at * 7 + at / kStride + 31 * i));
      }
      view.planes[i] = {bytes[i].data(), kStride};
    }
  }
  std::vector<std::uint8_t> bytes[3];
  ImageView view;
};

TEST(ImageRegion, begins_at_the_same_pixel_in_each_plane_of_every_format) {
  for (const Format& format : kFormats) {
    const Planes whole(format);
    const ImageView part = view_of_region(whole.view, {6, 4, 10, 7});
    EXPECT_EQ(part.width, 10);
    EXPECT_EQ(part.height, 7);
    for (std::size_t i = 0; i < format.planes.size(); i++) {
      const auto& plane = format.planes[i];
      EXPECT_EQ(part.planes[i].data - whole.view.planes[i].data,
                4 / plane.rows * kStride + 6 / plane.columns * plane.bytes)
          << static_cast<int>(format.format) << ", plane " << i;
      EXPECT_EQ(part.planes[i].stride, kStride);
    }
  }
}

TEST(ImageRegion, copies_hold_all_that_belongs_to_the_image) {
  for (const Format& format : kFormats) {
    Planes whole(format);
    CopiedImage copy(whole.view);
    const Planes before = whole;
    for (auto& bytes : whole.bytes) std::fill(bytes.begin(), bytes.end(), std::uint8_t{0});
    const ImageView view = *copy.view();
    EXPECT_EQ(view.width, kWidth);
    EXPECT_EQ(view.height, kHeight);
    for (std::size_t i = 0; i < format.planes.size(); i++) {
      const auto& plane = format.planes[i];
      const int rows = (kHeight + plane.rows - 1) / plane.rows;
      const int row_bytes = (kWidth + plane.columns - 1) / plane.columns * plane.bytes;
      for (int y = 0; y < rows; y++) {
        for (int x = 0; x < row_bytes; x++) {
          ASSERT_EQ(view.planes[i].data[y * view.planes[i].stride + x],
                    before.bytes[i][y * kStride + x])
              << static_cast<int>(format.format) << ", plane " << i << " at " << x << "," << y;
        }
      }
    }
  }
}

TEST(HashOfPixels, depends_on_every_byte_of_the_image_and_on_no_other) {
  for (const Format& format : kFormats) {
    Planes image(format);
    const std::uint64_t hash = hash_of_pixels(image.view);
    EXPECT_EQ(hash_of_pixels(*CopiedImage(image.view).view()), hash);  // another stride
    for (std::size_t i = 0; i < format.planes.size(); i++) {
      const auto& plane = format.planes[i];
      const int rows = (kHeight + plane.rows - 1) / plane.rows;
      const int row_bytes = (kWidth + plane.columns - 1) / plane.columns * plane.bytes;
      for (int at = 0; at < kStride * kHeight; at++) {
        image.bytes[i][at] ^= 1;
        const bool is_inside = at / kStride < rows && at % kStride < row_bytes;
        ASSERT_EQ(hash_of_pixels(image.view) != hash, is_inside)
            << static_cast<int>(format.format) << ", plane " << i << ", byte " << at;
        image.bytes[i][at] ^= 1;
      }
    }
  }
}

TEST(HashOfPixels, depends_on_the_order_of_rows) {
  const Image image(16, 2);
  ImageView swapped = image.view;
  swapped.planes[0].data += swapped.planes[0].stride;
  swapped.planes[0].stride *= -1;
  EXPECT_NE(hash_of_pixels(swapped), hash_of_pixels(image.view));
}

class Made final : public Derived {
 public:
  std::size_t bytes() const override { return 1; }
};

TEST(ImageRegion, what_is_made_of_a_part_is_kept_apart_from_the_whole_and_other_parts) {
  const Image image(64, 48);
  KeepingFrame whole(image);
  const auto make = [] { return std::make_shared<const Made>(); };
  const auto of_whole = whole.get(DerivedKind::Features, "model", make);
  RegionImage left(whole, {0, 0, 32, 48}), same(whole, {0, 0, 32, 48}),
      right(whole, {32, 0, 32, 48});
  const auto of_left = left.get(DerivedKind::Features, "model", make);
  EXPECT_NE(of_left, of_whole);
  EXPECT_EQ(same.get(DerivedKind::Features, "model", make), of_left);
  EXPECT_NE(right.get(DerivedKind::Features, "model", make), of_left);
  EXPECT_EQ(right.view()->planes[0].data, image.view.planes[0].data + 32);
}

}  // namespace
}  // namespace gsttorch
