// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <array>

#include "lib/engine/image.h"

namespace gsttorch {

/// A model's input scaling of a pixel: value * scale + offset, value in 0..1, per channel R, G, B.
struct PixelScale {
  std::array<float, 3> scale{1, 1, 1};
  std::array<float, 3> offset{0, 0, 0};
};

enum class PixelFamily { Rgb, Gray, Yuv8, Yuv10 };

inline PixelFamily pixel_family(PixelFormat format) {
  switch (format) {
    case PixelFormat::NV12:
    case PixelFormat::I420:
    case PixelFormat::Y42B:
    case PixelFormat::Y444:
    case PixelFormat::YUY2:
    case PixelFormat::UYVY:
      return PixelFamily::Yuv8;
    case PixelFormat::I420_10LE:
    case PixelFormat::P010_10LE:
      return PixelFamily::Yuv10;
    case PixelFormat::GRAY8:
      return PixelFamily::Gray;
    default:
      return PixelFamily::Rgb;
  }
}

/// R = y_gain (Y - y_zero) + cr_r (Cr - c_zero) and so on: maps code values to 0..1.
struct ColorConversion {
  float y_gain, y_zero, c_zero;
  float cr_r, cb_g, cr_g, cb_b;
};

inline ColorConversion color_conversion(PixelFormat format, const ColorEncoding& color) {
  const bool is_10_bit = pixel_family(format) == PixelFamily::Yuv10;
  const double step = is_10_bit ? 4 : 1;  // code values per 8-bit code value
  const double largest = is_10_bit ? 1023 : 255;
  const double luma_range = color.full_range ? largest : 219 * step;
  const double chroma_range = color.full_range ? largest : 224 * step;
  const double kg = 1 - color.kr - color.kb;
  const double cr = 2 * (1 - color.kr) / chroma_range, cb = 2 * (1 - color.kb) / chroma_range;
  ColorConversion c;
  c.y_gain = static_cast<float>(1 / luma_range);
  c.y_zero = color.full_range ? 0.f : static_cast<float>(16 * step);
  c.c_zero = static_cast<float>(128 * step);
  c.cr_r = static_cast<float>(cr);
  c.cb_b = static_cast<float>(cb);
  c.cr_g = static_cast<float>(-cr * color.kr / kg);
  c.cb_g = static_cast<float>(-cb * color.kb / kg);
  return c;
}

}  // namespace gsttorch
