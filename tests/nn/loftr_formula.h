// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "lib/nn/weights/weights.h"
#include "tests/support/loftr_formula.h"

/// LoFTR's weights and images from the formula of tests/nn/goldens/loftr_formula.py, bit-identical.
namespace gsttorch::formula {

/// A state dict with the keys and shapes that a .shapes file lists.
inline StateDict loftr_state(const std::string& shapes_file) {
  std::vector<Entry> entries;
  std::ifstream file(shapes_file);
  for (std::string line; std::getline(file, line);) entries.push_back(parse_entry(line));
  int top = 3;
  for (const Entry& entry : entries) {
    if (entry.key.starts_with("backbone.layer4")) top = 4;
  }
  StateDict state;
  for (const Entry& entry : entries) {
    at::Tensor values = at::empty(entry.shape, at::kFloat);
    for (std::size_t i = 0; i < entry.elements(); i++) {
      values.data_ptr<float>()[i] = loftr_weight(entry, i, top);
    }
    state[entry.key] = values;
  }
  return state;
}

/// float32 [1, 1, height, width] in 0..1: tiles of 4x4 pixels, shifted by (dx, dy).
inline at::Tensor grey_image(std::int64_t height, std::int64_t width, int dx, int dy) {
  at::Tensor image = at::empty({1, 1, height, width}, at::kFloat);
  float* p = image.data_ptr<float>();
  for (std::int64_t y = 0; y < height; y++) {
    for (std::int64_t x = 0; x < width; x++) {
      const auto tile = static_cast<std::uint32_t>((y + dy) / 4 * 4096 + (x + dx) / 4);
      *p++ = noise(1000, tile) * 0.5f + 0.5f;
    }
  }
  return image;
}

}  // namespace gsttorch::formula
