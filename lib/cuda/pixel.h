// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>

#include "lib/cuda/color_conversion.h"
#include "lib/cuda/cuda_library.h"
#include "lib/cuda/host_device.h"
#include "lib/engine/image.h"

namespace gsttorch {

/// Converts single pixels to a model's input. The kernels and, for tests without a GPU, the CPU run
/// the same functions; the results equal those of image_to_tensor() in lib/nn/ops/image.h, except
/// for the last bit if a CPU fuses additions and multiplications.

/// Image parameters of a kernel, as plain data.
struct PixelSource {
  PixelFormat format;
  PixelFamily family;
  int width, height;
  const std::uint8_t* planes[3];
  std::ptrdiff_t strides[3];
  ColorConversion color;
  float scale[3], offset[3];
};

struct Pixel {
  float a, b, c;  ///< R, G, B or Y, Cb, Cr
};

inline PixelSource pixel_source(const ImageView& image, const PixelScale& scale) {
  PixelSource source{image.format,
                     pixel_family(image.format),
                     image.width,
                     image.height,
                     {},
                     {},
                     color_conversion(image.format, image.color),
                     {},
                     {}};
  for (int i = 0; i < 3; i++) {
    source.planes[i] = image.planes[i].data;
    source.strides[i] = image.planes[i].stride;
    source.scale[i] = scale.scale[i];
    source.offset[i] = scale.offset[i];
  }
  return source;
}

GSTTORCH_HOST_DEVICE float sample8(const PixelSource& s, int plane, int y, int byte) {
  return s.planes[plane][y * s.strides[plane] + byte];
}

// Reads little-endian values at any address, even or odd.
GSTTORCH_HOST_DEVICE float sample16(const PixelSource& s, int plane, int y, int index, int drop) {
  // NOLINTNEXTLINE(bugprone-implicit-widening-of-multiplication-result): 32 bits, for the kernels
  const std::uint8_t* p = s.planes[plane] + y * s.strides[plane] + 2 * index;
  return static_cast<float>((p[0] | p[1] << 8) >> drop);
}

GSTTORCH_HOST_DEVICE Pixel packed_rgb(const PixelSource& s, int x, int y, int step, int red,
                                      int blue) {
  return {sample8(s, 0, y, x * step + red), sample8(s, 0, y, x * step + 1),
          sample8(s, 0, y, x * step + blue)};
}

GSTTORCH_HOST_DEVICE Pixel packed_yuv(const PixelSource& s, int x, int y, int luma, int chroma) {
  const int pair = x / 2 * 4;
  return {sample8(s, 0, y, x * 2 + luma), sample8(s, 0, y, pair + chroma),
          sample8(s, 0, y, pair + chroma + 2)};
}

GSTTORCH_HOST_DEVICE Pixel planar_yuv(const PixelSource& s, int x, int y, int shift_x,
                                      int shift_y) {
  return {sample8(s, 0, y, x), sample8(s, 1, y >> shift_y, x >> shift_x),
          sample8(s, 2, y >> shift_y, x >> shift_x)};
}

/// Returns the code values stored in the image.
GSTTORCH_HOST_DEVICE Pixel code_values(const PixelSource& s, int x, int y) {
  switch (s.format) {
    case PixelFormat::NV12:
      return {sample8(s, 0, y, x), sample8(s, 1, y / 2, x / 2 * 2),
              sample8(s, 1, y / 2, x / 2 * 2 + 1)};
    case PixelFormat::I420:
      return planar_yuv(s, x, y, 1, 1);
    case PixelFormat::Y42B:
      return planar_yuv(s, x, y, 1, 0);
    case PixelFormat::Y444:
      return planar_yuv(s, x, y, 0, 0);
    case PixelFormat::YUY2:
      return packed_yuv(s, x, y, 0, 1);
    case PixelFormat::UYVY:
      return packed_yuv(s, x, y, 1, 0);
    case PixelFormat::I420_10LE:
      return {sample16(s, 0, y, x, 0), sample16(s, 1, y / 2, x / 2, 0),
              sample16(s, 2, y / 2, x / 2, 0)};
    case PixelFormat::P010_10LE:
      return {sample16(s, 0, y, x, 6), sample16(s, 1, y / 2, x / 2 * 2, 6),
              sample16(s, 1, y / 2, x / 2 * 2 + 1, 6)};
    case PixelFormat::RGB:
      return packed_rgb(s, x, y, 3, 0, 2);
    case PixelFormat::BGR:
      return packed_rgb(s, x, y, 3, 2, 0);
    case PixelFormat::RGBx:
    case PixelFormat::RGBA:
      return packed_rgb(s, x, y, 4, 0, 2);
    case PixelFormat::BGRx:
    case PixelFormat::BGRA:
      return packed_rgb(s, x, y, 4, 2, 0);
    case PixelFormat::GRAY8:
      return {sample8(s, 0, y, x), 0, 0};
  }
  return {};
}

GSTTORCH_HOST_DEVICE float unit(float value) { return value < 0 ? 0.f : value > 1 ? 1.f : value; }

/// Converts code values to R, G, B in 0..1.
GSTTORCH_HOST_DEVICE Pixel unit_rgb(const PixelSource& s, const Pixel& code) {
  const ColorConversion& k = s.color;
  if (s.family == PixelFamily::Rgb) {
    constexpr float kGain = 1.f / 255;
    return {code.a * kGain, code.b * kGain, code.c * kGain};
  }
  const float luma = (code.a - k.y_zero) * k.y_gain;
  if (s.family == PixelFamily::Gray) return {unit(luma), unit(luma), unit(luma)};
  const float cb = code.b - k.c_zero, cr = code.c - k.c_zero;
  return {unit(luma + k.cr_r * cr), unit(luma + k.cb_g * cb + k.cr_g * cr),
          unit(luma + k.cb_b * cb)};
}

/// Writes pixel (x, y) to its place in `out`, [3, H, W] or [H, W, 3].
GSTTORCH_HOST_DEVICE void convert_pixel(const PixelSource& s, PixelLayout layout, int x, int y,
                                        float* out) {
  const Pixel p = unit_rgb(s, code_values(s, x, y));
  const std::size_t pixel = static_cast<std::size_t>(y) * s.width + x;
  const std::size_t area = static_cast<std::size_t>(s.height) * s.width;
  const bool is_planar = layout == PixelLayout::Planar;
  const std::size_t first = is_planar ? pixel : 3 * pixel, step = is_planar ? area : 1;
  out[first] = p.a * s.scale[0] + s.offset[0];
  out[first + step] = p.b * s.scale[1] + s.offset[1];
  out[first + 2 * step] = p.c * s.scale[2] + s.offset[2];
}

}  // namespace gsttorch
