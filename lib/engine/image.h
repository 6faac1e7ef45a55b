// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace gsttorch {

/// Pixel formats that an engine reads. Names and layouts are those of GstVideoFormat.
enum class PixelFormat {
  NV12,
  I420,
  Y42B,
  Y444,
  YUY2,
  UYVY,
  I420_10LE,
  P010_10LE,
  RGB,
  BGR,
  RGBx,
  BGRx,
  RGBA,
  BGRA,
  GRAY8,
};

/// How Y'CbCr (or grey) code values map to R'G'B'. The defaults are BT.601, limited range.
struct ColorEncoding {
  double kr = 0.299;
  double kb = 0.114;
  bool full_range = false;

  bool operator==(const ColorEncoding&) const = default;
};

struct ImagePlane {
  const std::uint8_t* data = nullptr;
  std::ptrdiff_t stride = 0;  ///< bytes from one row to the next

  bool operator==(const ImagePlane&) const = default;
};

/// An image in host memory owned by the caller; valid during the call that it is passed to.
struct ImageView {
  PixelFormat format = PixelFormat::RGB;
  int width = 0;   ///< pixels
  int height = 0;  ///< pixels
  std::array<ImagePlane, 3> planes;
  ColorEncoding color;
};

}  // namespace gsttorch
