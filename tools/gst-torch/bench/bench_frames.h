// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/engine/image.h"

namespace gsttorch {

/// The RGB frames that a benchmark repeats, in memory and without padding.
class BenchFrames {
 public:
  /// Textures at three scales that move 3 pixels to the right and 1 down per frame: flow and
  /// matches exist everywhere.
  static BenchFrames draw(int width, int height, std::size_t count);

  /// Frames of a file that has nothing else; at least two.
  static Result<BenchFrames> read(const std::string& path, int width, int height);

  int width() const { return width_; }
  int height() const { return height_; }
  std::size_t count() const { return pixels_.size() / frame_bytes(); }

  /// The frame at this position of an endless repetition.
  std::span<const std::uint8_t> pixels(std::size_t index) const;
  ImageView view(std::size_t index) const;

 private:
  BenchFrames(int width, int height) : width_(width), height_(height) {}
  std::size_t frame_bytes() const { return std::size_t{3} * width_ * height_; }

  int width_, height_;
  std::vector<std::uint8_t> pixels_;
};

}  // namespace gsttorch
