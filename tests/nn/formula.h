// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <fstream>
#include <string>

#include <ATen/ATen.h>

#include "lib/nn/weights/weights.h"
#include "tests/support/formula.h"

namespace gsttorch::formula {

inline at::Tensor noise_tensor(std::uint32_t seed, at::IntArrayRef shape) {
  at::Tensor values = at::empty(shape, at::kFloat);
  float* p = values.data_ptr<float>();
  for (std::int64_t i = 0; i < values.numel(); i++) {
    p[i] = noise(seed, static_cast<std::uint32_t>(i));
  }
  return values;
}

/// A state dict with the keys and shapes that a .shapes file lists.
inline StateDict state_dict(const std::string& shapes_file) {
  StateDict state;
  std::ifstream file(shapes_file);
  for (std::string line; std::getline(file, line);) {
    const Entry entry = parse_entry(line);
    at::Tensor values = at::empty(entry.shape, at::kFloat);
    for (std::size_t i = 0; i < entry.elements(); i++) {
      values.data_ptr<float>()[i] = weight(entry, i);
    }
    state[entry.key] = values;
  }
  return state;
}

/// float32 [1, 3, height, width] in -1..1: tiles of 4x4 pixels, shifted by (dx, dy).
inline at::Tensor image(std::int64_t height, std::int64_t width, int dx, int dy) {
  at::Tensor pixels = at::empty({1, 3, height, width}, at::kFloat);
  float* p = pixels.data_ptr<float>();
  for (std::uint32_t c = 1; c <= 3; c++) {
    for (std::int64_t y = 0; y < height; y++) {
      for (std::int64_t x = 0; x < width; x++) {
        const auto tile = static_cast<std::uint32_t>((y + dy + 64) / 4 * 4096 + (x + dx + 64) / 4);
        *p++ = noise(1000 * c, tile);
      }
    }
  }
  return pixels.contiguous(at::MemoryFormat::ChannelsLast);
}

}  // namespace gsttorch::formula
