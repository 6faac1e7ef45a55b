// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/formats/npy_array.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <optional>

#include "lib/formats/flow_view.h"

namespace gsttorch {
namespace {

static_assert(std::endian::native == std::endian::little, "'<f4' is little-endian");

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kVersionEnd = 8;  // magic, major and minor version

/// The parts of a file: a Python dictionary as text, and the numbers.
struct NpyParts {
  std::string_view dictionary;
  std::string_view data;
};

Error corrupt(const std::string& name, const std::string& why) {
  return {ErrorCode::Corrupt, name + " cannot be read as a NumPy array: " + why};
}

std::size_t little_endian(std::string_view bytes) {
  std::size_t number = 0;
  for (std::size_t i = bytes.size(); i > 0; i--) {
    number = number << 8 | static_cast<unsigned char>(bytes[i - 1]);
  }
  return number;
}

// The length of the dictionary has two bytes in format 1.0, and four in later ones.
std::optional<NpyParts> split(std::string_view bytes) {
  if (bytes.size() < kVersionEnd || !bytes.starts_with(kMagic)) return std::nullopt;
  const std::size_t length_bytes = bytes[kMagic.size()] == 1 ? 2 : 4;
  if (bytes.size() < kVersionEnd + length_bytes) return std::nullopt;
  const std::size_t length = little_endian(bytes.substr(kVersionEnd, length_bytes));
  bytes.remove_prefix(kVersionEnd + length_bytes);
  if (bytes.size() < length) return std::nullopt;
  return NpyParts{bytes.substr(0, length), bytes.substr(length)};
}

/// What follows a key such as "'descr':" in the dictionary; empty without it.
std::string_view value_of(std::string_view dictionary, std::string_view key) {
  const std::size_t at = dictionary.find(key);
  if (at == std::string_view::npos) return {};
  const std::size_t start = dictionary.find_first_not_of(' ', at + key.size());
  return start == std::string_view::npos ? std::string_view() : dictionary.substr(start);
}

/// "(3, 2)", "(3,)" or "()".
std::optional<std::vector<std::uint64_t>> parse_shape(std::string_view text) {
  const std::size_t end = text.find(')');
  if (!text.starts_with('(') || end == std::string_view::npos) return std::nullopt;
  text = text.substr(1, end - 1);
  std::vector<std::uint64_t> shape;
  while (!text.empty()) {
    std::uint64_t number = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return std::nullopt;
    shape.push_back(number);
    text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
    if (!text.empty() && !text.starts_with(',')) return std::nullopt;
    text.remove_prefix(std::min(text.find_first_not_of(", "), text.size()));
  }
  return shape;
}

std::size_t bytes_of_type(std::string_view type) {
  return type == "<f2" ? 2 : type == "<f4" ? 4 : type == "<f8" ? 8 : 0;
}

float number_at(const char* data, std::size_t bytes) {
  std::uint16_t half = 0;
  float single = 0;
  double twice = 0;
  switch (bytes) {
    case 2:
      std::memcpy(&half, data, bytes);
      return half_to_float(half);
    case 4:
      std::memcpy(&single, data, bytes);
      return single;
    default:
      std::memcpy(&twice, data, bytes);
      return static_cast<float>(twice);
  }
}

// Whether the data have exactly the numbers of the shape; a product may overflow.
bool is_size(const std::vector<std::uint64_t>& shape, std::size_t type_bytes, std::size_t bytes) {
  std::uint64_t count = 1;
  for (const std::uint64_t side : shape) {
    if (__builtin_mul_overflow(count, side, &count)) return false;
  }
  return !__builtin_mul_overflow(count, type_bytes, &count) && count == bytes;
}

}  // namespace

Result<NpyArray> parse_npy(std::string_view bytes, const std::string& name) {
  const auto parts = split(bytes);
  if (!parts) return corrupt(name, "it does not begin with a complete header");
  const std::string_view quoted = value_of(parts->dictionary, "'descr':");
  const std::string_view type = quoted.substr(0, quoted.find_first_of(",}"));
  const std::size_t size = type.size() == 5 ? bytes_of_type(type.substr(1, 3)) : 0;
  if (size == 0) {
    return corrupt(name, "its type is " + std::string(type) +
                             "; save it as float32 (array.astype(numpy.float32))");
  }
  if (!value_of(parts->dictionary, "'fortran_order':").starts_with("False")) {
    return corrupt(name, "it is in Fortran order; save numpy.ascontiguousarray(array)");
  }
  auto shape = parse_shape(value_of(parts->dictionary, "'shape':"));
  if (!shape) return corrupt(name, "its header has no valid shape");
  if (!is_size(*shape, size, parts->data.size())) {
    return corrupt(name, "it has " + std::to_string(parts->data.size()) +
                             " bytes of data, which is not what its header requires");
  }
  NpyArray array{std::move(*shape), std::vector<float>(parts->data.size() / size)};
  const char* from = parts->data.data();
  for (float& value : array.values) {
    value = number_at(from, size);
    from += size;
  }
  return array;
}

}  // namespace gsttorch
