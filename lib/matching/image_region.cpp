// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/matching/image_region.h"

#include <array>
#include <cassert>
#include <cstring>
#include <functional>
#include <string_view>

namespace gsttorch {
namespace {

// Layout of a plane: one row per 2^y_shift rows of the image, `bytes` bytes per 2^x_shift pixels.
struct PlaneLayout {
  int bytes = 0;  // 0: the plane does not exist
  int x_shift = 0, y_shift = 0;

  std::size_t offset(int x) const { return static_cast<std::size_t>(x >> x_shift) * bytes; }
  std::size_t row_bytes(int width) const { return offset(width + (1 << x_shift) - 1); }
  int rows(int height) const { return (height + (1 << y_shift) - 1) >> y_shift; }
};

std::array<PlaneLayout, 3> layout_of(PixelFormat format) {
  switch (format) {
    case PixelFormat::NV12:
      return {{{1}, {2, 1, 1}, {}}};
    case PixelFormat::I420:
      return {{{1}, {1, 1, 1}, {1, 1, 1}}};
    case PixelFormat::Y42B:
      return {{{1}, {1, 1, 0}, {1, 1, 0}}};
    case PixelFormat::Y444:
      return {{{1}, {1}, {1}}};
    case PixelFormat::YUY2:
    case PixelFormat::UYVY:
      return {{{4, 1, 0}, {}, {}}};
    case PixelFormat::I420_10LE:
      return {{{2}, {2, 1, 1}, {2, 1, 1}}};
    case PixelFormat::P010_10LE:
      return {{{2}, {4, 1, 1}, {}}};
    case PixelFormat::RGB:
    case PixelFormat::BGR:
      return {{{3}, {}, {}}};
    case PixelFormat::RGBx:
    case PixelFormat::BGRx:
    case PixelFormat::RGBA:
    case PixelFormat::BGRA:
      return {{{4}, {}, {}}};
    case PixelFormat::GRAY8:
      return {{{1}, {}, {}}};
  }
  return {};
}

}  // namespace

ImageView view_of_region(const ImageView& image, const ImageRegion& region) {
  assert(region.x % kRegionStep == 0 && region.y % kRegionStep == 0);
  assert(region.x >= 0 && region.x + region.width <= image.width);
  assert(region.y >= 0 && region.y + region.height <= image.height);
  const auto layout = layout_of(image.format);
  ImageView part = image;
  part.width = region.width;
  part.height = region.height;
  for (std::size_t i = 0; i < layout.size(); i++) {
    if (layout[i].bytes == 0) continue;
    part.planes[i].data += (region.y >> layout[i].y_shift) * image.planes[i].stride +
                           static_cast<std::ptrdiff_t>(layout[i].offset(region.x));
  }
  return part;
}

std::uint64_t hash_of_pixels(const ImageView& image) {
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;  // multiplying by it loses nothing
  const auto layout = layout_of(image.format);
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < layout.size(); i++) {
    if (layout[i].bytes == 0) continue;
    for (int y = 0; y < layout[i].rows(image.height); y++) {
      const auto* row =
          reinterpret_cast<const char*>(image.planes[i].data + y * image.planes[i].stride);
      hash = hash * kOdd + std::hash<std::string_view>()({row, layout[i].row_bytes(image.width)});
    }
  }
  return hash;
}

Result<ImageView> RegionImage::view() {
  const auto whole = whole_.view();
  if (!whole) return whole.error();
  return view_of_region(*whole, region_);
}

std::shared_ptr<const Derived> RegionImage::get(DerivedKind kind, const std::string& key,
                                                const Make& make) {
  const ImageRegion& r = region_;
  return whole_.get(kind,
                    std::to_string(r.x) + ',' + std::to_string(r.y) + ' ' +
                        std::to_string(r.width) + 'x' + std::to_string(r.height) + " of " + key,
                    make);
}

CopiedImage::CopiedImage(const ImageView& image) : view_(image) {
  const auto layout = layout_of(image.format);
  std::array<std::size_t, 3> begins{};
  for (std::size_t i = 0; i < layout.size(); i++) {
    if (layout[i].bytes == 0) continue;
    begins[i] = pixels_.size();
    const std::size_t row_bytes = layout[i].row_bytes(image.width);
    const int rows = layout[i].rows(image.height);
    pixels_.resize(pixels_.size() + row_bytes * static_cast<std::size_t>(rows));
    for (int y = 0; y < rows; y++) {
      std::memcpy(pixels_.data() + begins[i] + row_bytes * static_cast<std::size_t>(y),
                  image.planes[i].data + y * image.planes[i].stride, row_bytes);
    }
    view_.planes[i].stride = static_cast<std::ptrdiff_t>(row_bytes);
  }
  for (std::size_t i = 0; i < layout.size(); i++) {
    view_.planes[i].data = layout[i].bytes == 0 ? nullptr : pixels_.data() + begins[i];
  }
}

}  // namespace gsttorch
