// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/ops/image_rows.h"

#include <algorithm>
#include <cstring>

#include "lib/nn/ops/cpu_dispatch.h"

namespace gsttorch {
namespace {

std::uint16_t read16(const std::uint8_t* p) {
  std::uint16_t value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

// Copies every `step`-th byte, each one 2^shift times in a row.
void spread8(const std::uint8_t* from, int step, int shift, std::vector<float>& to) {
  const int width = static_cast<int>(to.size());
  for (int x = 0; x < width; x++) to[x] = from[(x >> shift) * step];
}

void spread16(const std::uint8_t* from, int step, int shift, int drop_bits,
              std::vector<float>& to) {
  const int width = static_cast<int>(to.size());
  for (int x = 0; x < width; x++) {
    to[x] = static_cast<float>(read16(from + 2 * (x >> shift) * step) >> drop_bits);
  }
}

const std::uint8_t* line(const ImageView& image, int plane, int y) {
  return image.planes[plane].data + y * image.planes[plane].stride;
}

void load_packed_rgb(const ImageView& image, int y, int step, int red, int blue, PixelRow& row) {
  const std::uint8_t* p = line(image, 0, y);
  spread8(p + red, step, 0, row.a);
  spread8(p + 1, step, 0, row.b);
  spread8(p + blue, step, 0, row.c);
}

void load_planar_yuv(const ImageView& image, int y, int shift_x, int shift_y, PixelRow& row) {
  spread8(line(image, 0, y), 1, 0, row.a);
  spread8(line(image, 1, y >> shift_y), 1, shift_x, row.b);
  spread8(line(image, 2, y >> shift_y), 1, shift_x, row.c);
}

void load_packed_yuv(const ImageView& image, int y, int luma, int chroma, PixelRow& row) {
  const std::uint8_t* p = line(image, 0, y);
  spread8(p + luma, 2, 0, row.a);
  spread8(p + chroma, 4, 1, row.b);
  spread8(p + chroma + 2, 4, 1, row.c);
}

// Loads code values as stored in the image, not yet scaled.
void load_row(const ImageView& image, int y, PixelRow& row) {
  switch (image.format) {
    case PixelFormat::NV12:
      spread8(line(image, 0, y), 1, 0, row.a);
      spread8(line(image, 1, y / 2), 2, 1, row.b);
      spread8(line(image, 1, y / 2) + 1, 2, 1, row.c);
      return;
    case PixelFormat::I420:
      return load_planar_yuv(image, y, 1, 1, row);
    case PixelFormat::Y42B:
      return load_planar_yuv(image, y, 1, 0, row);
    case PixelFormat::Y444:
      return load_planar_yuv(image, y, 0, 0, row);
    case PixelFormat::YUY2:
      return load_packed_yuv(image, y, 0, 1, row);
    case PixelFormat::UYVY:
      return load_packed_yuv(image, y, 1, 0, row);
    case PixelFormat::I420_10LE:
      spread16(line(image, 0, y), 1, 0, 0, row.a);
      spread16(line(image, 1, y / 2), 1, 1, 0, row.b);
      spread16(line(image, 2, y / 2), 1, 1, 0, row.c);
      return;
    case PixelFormat::P010_10LE:
      spread16(line(image, 0, y), 1, 0, 6, row.a);
      spread16(line(image, 1, y / 2), 2, 1, 6, row.b);
      spread16(line(image, 1, y / 2) + 2, 2, 1, 6, row.c);
      return;
    case PixelFormat::RGB:
      return load_packed_rgb(image, y, 3, 0, 2, row);
    case PixelFormat::BGR:
      return load_packed_rgb(image, y, 3, 2, 0, row);
    case PixelFormat::RGBx:
    case PixelFormat::RGBA:
      return load_packed_rgb(image, y, 4, 0, 2, row);
    case PixelFormat::BGRx:
    case PixelFormat::BGRA:
      return load_packed_rgb(image, y, 4, 2, 0, row);
    case PixelFormat::GRAY8:
      return spread8(line(image, 0, y), 1, 0, row.a);
  }
}

float unit(float value) { return std::clamp(value, 0.f, 1.f); }

GSTTORCH_CPU_CLONES
void yuv_to_rgb(const ColorConversion& k, float* a, float* b, float* c, int width) {
  for (int x = 0; x < width; x++) {
    const float luma = (a[x] - k.y_zero) * k.y_gain;
    const float cb = b[x] - k.c_zero, cr = c[x] - k.c_zero;
    a[x] = unit(luma + k.cr_r * cr);
    b[x] = unit(luma + k.cb_g * cb + k.cr_g * cr);
    c[x] = unit(luma + k.cb_b * cb);
  }
}

}  // namespace

void read_unit_rgb(const ImageView& image, const ColorConversion& k, int y, PixelRow& row) {
  load_row(image, y, row);
  switch (pixel_family(image.format)) {
    case PixelFamily::Rgb:
      for (auto* channel : {&row.a, &row.b, &row.c}) {
        for (float& value : *channel) value *= 1.f / 255;
      }
      return;
    case PixelFamily::Gray:
      // GStreamer's grey images are full range unless their caps say otherwise.
      for (float& value : row.a) value = unit((value - k.y_zero) * k.y_gain);
      row.b = row.a;
      row.c = row.a;
      return;
    case PixelFamily::Yuv8:
    case PixelFamily::Yuv10:
      return yuv_to_rgb(k, row.a.data(), row.b.data(), row.c.data(), image.width);
  }
}

}  // namespace gsttorch
