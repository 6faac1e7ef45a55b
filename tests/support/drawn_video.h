// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/formula.h"
#include "tests/support/gst_support.h"

namespace gsttorch {

/// A video whose shots are easy to distinguish: coloured tiles that drift slowly.
class DrawnVideo {
 public:
  static constexpr GstClockTime kFrame = 40 * GST_MSECOND;
  static constexpr int kWidth = 64, kHeight = 36;

  /// Shots begin at these frames, and at the first one.
  explicit DrawnVideo(std::vector<int> cuts = {}, int width = kWidth, int height = kHeight)
      : cuts_(std::move(cuts)), width_(width), height_(height) {}

  static std::string caps(const std::string& format = "RGB", int width = kWidth,
                          int height = kHeight, const std::string& rate = "25/1") {
    return "video/x-raw,format=" + format + ",framerate=" + rate +
           ",width=" + std::to_string(width) + ",height=" + std::to_string(height);
  }

  /// RGB, rows padded to four bytes; the brightness is multiplied by `light`.
  Ref<GstBuffer> frame(int index, double light = 1) const {
    std::vector<guint8> pixels(static_cast<std::size_t>(GST_ROUND_UP_4(3 * width_)) * height_);
    draw(index, light, pixels);
    Ref<GstBuffer> buffer = make_array(pixels);
    GST_BUFFER_PTS(buffer.get()) = index * kFrame;
    GST_BUFFER_DURATION(buffer.get()) = kFrame;
    return buffer;
  }

 private:
  void draw(int index, double light, std::vector<guint8>& pixels) const {
    std::uint32_t shot = 0;
    for (const int cut : cuts_) shot += index >= cut;
    for (int y = 0; y < height_; y++) {
      guint8* out = pixels.data() + static_cast<std::size_t>(y) * GST_ROUND_UP_4(3 * width_);
      for (int x = 0; x < width_; x++) {
        const int tile = (y * 36 / height_) / 9 * 64 + (x * 64 / width_ + index / 8) / 8;
        for (std::uint32_t c = 0; c < 3; c++) {
          const auto value =
              formula::noise_byte(7919 * shot + 104729 * c, static_cast<std::uint32_t>(tile));
          *out++ = static_cast<guint8>(value * light);
        }
      }
    }
  }

  std::vector<int> cuts_;
  int width_, height_;
};

}  // namespace gsttorch
