// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/bench/bench_frames.h"

#include <fstream>
#include <iterator>

namespace gsttorch {
namespace {

// In 0..1, the same on every machine: murmur3's finaliser over the place.
float noise(std::uint32_t x, std::uint32_t y, std::uint32_t octave) {
  std::uint32_t h = x * 0x9E3779B1u ^ y * 0x85EBCA77u ^ octave * 0xC2B2AE3Du;
  h = (h ^ h >> 16) * 0x85EBCA6Bu;
  h = (h ^ h >> 13) * 0xC2B2AE35u;
  return static_cast<float>((h ^ h >> 16) >> 8) / (1 << 24);
}

// Bilinear between the noise at the corners of squares.
float smooth_noise(unsigned x, unsigned y, unsigned square, std::uint32_t octave) {
  const unsigned column = x / square, row = y / square;
  const float right = static_cast<float>(x % square) / square;
  const float down = static_cast<float>(y % square) / square;
  const auto at = [&](unsigned dx, unsigned dy) { return noise(column + dx, row + dy, octave); };
  const float top = at(0, 0) * (1 - right) + at(1, 0) * right;
  const float bottom = at(0, 1) * (1 - right) + at(1, 1) * right;
  return top * (1 - down) + bottom * down;
}

std::uint8_t texture(unsigned x, unsigned y, std::uint32_t channel) {
  const float sum = 0.5F * smooth_noise(x, y, 64, channel) + 0.3F * smooth_noise(x, y, 16, 4) +
                    0.2F * smooth_noise(x, y, 5, 8 + channel);
  return static_cast<std::uint8_t>(255 * sum);
}

}  // namespace

BenchFrames BenchFrames::draw(int width, int height, std::size_t count) {
  constexpr unsigned kRight = 3, kDown = 1;
  BenchFrames frames(width, height);
  frames.pixels_.reserve(count * frames.frame_bytes());
  for (std::size_t i = 0; i < count; i++) {
    // What moves right shows places further left: the first frame starts far enough from 0.
    const auto left = static_cast<unsigned>(kRight * (count - i));
    const auto top = static_cast<unsigned>(kDown * (count - i));
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        for (std::uint32_t c = 0; c < 3; c++) {
          frames.pixels_.push_back(texture(left + x, top + y, c));
        }
      }
    }
  }
  return frames;
}

Result<BenchFrames> BenchFrames::read(const std::string& path, int width, int height) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{ErrorCode::NotFound, "cannot read " + path};
  BenchFrames frames(width, height);
  frames.pixels_.assign(std::istreambuf_iterator<char>(file), {});
  const std::size_t bytes = frames.pixels_.size(), frame = frames.frame_bytes();
  if (bytes % frame != 0 || bytes < 2 * frame) {
    return Error{ErrorCode::Corrupt, path + " has " + std::to_string(bytes) +
                                         " bytes: two or more RGB frames of " +
                                         std::to_string(width) + "x" + std::to_string(height) +
                                         " have a multiple of " + std::to_string(frame)};
  }
  return frames;
}

std::span<const std::uint8_t> BenchFrames::pixels(std::size_t index) const {
  return {pixels_.data() + index % count() * frame_bytes(), frame_bytes()};
}

ImageView BenchFrames::view(std::size_t index) const {
  ImageView view;
  view.format = PixelFormat::RGB;
  view.color.full_range = true;
  view.width = width_;
  view.height = height_;
  view.planes[0] = {pixels(index).data(), 3L * width_};
  return view;
}

}  // namespace gsttorch
