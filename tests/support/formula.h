// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cmath>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

/// Weights from the formula of tests/nn/goldens/formula.py, bit-identical.
namespace gsttorch::formula {

/// -1..1: murmur3's finaliser applied to the index.
inline float noise(std::uint32_t seed, std::uint32_t index) {
  std::uint32_t x = index + seed;
  x ^= x >> 16;
  x *= 0x85EBCA6Bu;
  x ^= x >> 13;
  x *= 0xC2B2AE35u;
  x ^= x >> 16;
  return static_cast<float>(x >> 8) / static_cast<float>(1 << 23) - 1.f;
}

inline std::uint32_t crc32(const std::string& text) {
  std::uint32_t crc = ~0u;
  for (const char c : text) {
    crc ^= static_cast<std::uint8_t>(c);
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
  }
  return ~crc;
}

/// 0..255, from the same noise.
inline std::uint8_t noise_byte(std::uint32_t seed, std::uint32_t index) {
  return static_cast<std::uint8_t>((noise(seed, index) + 1) * 128);
}

/// One line of a .shapes file: a key and its sizes.
struct Entry {
  std::string key;
  std::vector<std::int64_t> shape;
  std::uint32_t seed = 0;  // for its noise

  std::size_t elements() const {
    std::size_t count = 1;
    for (const std::int64_t size : shape) count *= static_cast<std::size_t>(size);
    return count;
  }
};

inline Entry parse_entry(const std::string& line) {
  std::istringstream words(line);
  Entry entry;
  words >> entry.key;
  entry.seed = crc32(entry.key);
  for (std::int64_t size; words >> size;) entry.shape.push_back(size);
  return entry;
}

inline bool is_gain_of_norm(const std::string& key) {
  for (const char* end : {".1.weight", "bn.weight", "bn1.weight", "bn2.weight"}) {
    if (key.ends_with(end)) return true;
  }
  return false;
}

/// One element of a tensor, scaled so that a deep model's activations stay in a reasonable range.
inline float weight(const Entry& entry, std::size_t index) {
  const float value = noise(entry.seed, static_cast<std::uint32_t>(index));
  if (entry.key.ends_with("running_var")) return 1 + 0.5f * value;
  if (entry.shape.size() >= 2) {
    const float gain = entry.key.find("flow_head.conv2") != std::string::npos ? 0.05f : 1.2f;
    const auto fan_in = static_cast<float>(entry.elements() / entry.shape[0]);
    return value * (gain * std::sqrt(3.f / fan_in));
  }
  if (is_gain_of_norm(entry.key)) return 1 + 0.2f * value;
  return 0.1f * value;
}

}  // namespace gsttorch::formula
