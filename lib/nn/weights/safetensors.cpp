// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/weights/safetensors.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <set>
#include <vector>

#include <nlohmann/json.hpp>

#include <ATen/ATen.h>

#include "lib/nn/weights/corrupt.h"

namespace gsttorch {
namespace {

using nlohmann::json;

constexpr std::size_t kLengthSize = sizeof(std::uint64_t);
constexpr std::uint64_t kMaxHeader = 100'000'000;  // the format's own limit
constexpr std::size_t kMaxDims = 32;

struct Entry {
  std::string name;
  c10::ScalarType type;
  std::vector<std::int64_t> shape;
  std::uint64_t begin;
  std::uint64_t end;
};

std::uint64_t header_length(std::string_view bytes) {
  std::uint64_t length;
  std::memcpy(&length, bytes.data(), sizeof length);
  return length;
}

std::optional<c10::ScalarType> scalar_type(const std::string& name) {
  static const std::map<std::string, c10::ScalarType> kTypes = {
      {"F64", c10::kDouble}, {"F32", c10::kFloat}, {"F16", c10::kHalf},  {"BF16", c10::kBFloat16},
      {"I64", c10::kLong},   {"I32", c10::kInt},   {"I16", c10::kShort}, {"I8", c10::kChar},
      {"U8", c10::kByte},    {"BOOL", c10::kBool},
  };
  const auto found = kTypes.find(name);
  if (found == kTypes.end()) return std::nullopt;
  return found->second;
}

/// The same tensor named twice is an error; the parser alone would keep the last.
json parse_header(std::string_view text) {
  std::set<std::string> names;
  const auto check = [&](int depth, json::parse_event_t event, json& value) {
    if (depth == 1 && event == json::parse_event_t::key &&
        !names.insert(value.get<std::string>()).second) {
      fail_corrupt("two tensors are named " + printable(value.get<std::string>()));
    }
    return true;
  };
  json header = json::parse(text.begin(), text.end(), check, /*allow_exceptions=*/false);
  if (!header.is_object()) fail_corrupt("its safetensors header is not a JSON object");
  return header;
}

std::vector<std::uint64_t> numbers(const json& description, const char* name, std::size_t limit) {
  const auto found = description.find(name);
  if (found == description.end() || !found->is_array() || found->size() > limit) {
    fail_corrupt(std::string("its safetensors header has no valid ") + name);
  }
  std::vector<std::uint64_t> result;
  for (const json& item : *found) {
    if (!item.is_number_unsigned())
      fail_corrupt(std::string("its safetensors header has an invalid number in ") + name);
    result.push_back(item.get<std::uint64_t>());
  }
  return result;
}

Entry read_entry(const std::string& name, const json& description) {
  const std::string who = "tensor " + printable(name);
  if (!description.is_object()) fail_corrupt(who + " has no description");
  const auto type_name = description.find("dtype");
  if (type_name == description.end() || !type_name->is_string()) fail_corrupt(who + " has no type");
  const auto type = scalar_type(type_name->get<std::string>());
  if (!type)
    fail_corrupt(who + " has the unknown type " + printable(type_name->get<std::string>()));

  const auto offsets = numbers(description, "data_offsets", 2);
  if (offsets.size() != 2 || offsets[0] > offsets[1]) fail_corrupt(who + " has invalid offsets");
  Entry entry = {name, *type, {}, offsets[0], offsets[1]};
  std::uint64_t bytes = c10::elementSize(*type);
  for (const std::uint64_t size : numbers(description, "shape", kMaxDims)) {
    if (__builtin_mul_overflow(bytes, size, &bytes)) fail_corrupt(who + " is too large");
    entry.shape.push_back(static_cast<std::int64_t>(size));
  }
  if (bytes != offsets[1] - offsets[0])
    fail_corrupt(who + " does not have the length that its shape and type require");
  return entry;
}

void check_layout(std::vector<Entry>& entries, std::uint64_t size) {
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
  });
  std::uint64_t at = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != at)
      fail_corrupt("there is a gap or an overlap before tensor " + printable(entry.name));
    at = entry.end;
  }
  if (at != size) {
    fail_corrupt("its tensors take " + std::to_string(at) + " bytes, but the file has " +
                 std::to_string(size) + " for them");
  }
}

json read_header(std::string_view bytes) {
  const std::uint64_t length = header_length(bytes);
  if (length > kMaxHeader || length > bytes.size() - kLengthSize) {
    fail_corrupt("its safetensors header claims to be " + std::to_string(length) + " bytes long");
  }
  return parse_header(bytes.substr(kLengthSize, length));
}

}  // namespace

bool looks_like_safetensors(std::string_view bytes) {
  return bytes.size() > kLengthSize && bytes[kLengthSize] == '{';
}

StateDict read_safetensors(MappedTensors& tensors) {
  const std::string_view bytes = tensors.bytes();
  const json header = read_header(bytes);
  std::vector<Entry> entries;
  for (const auto& [name, description] : header.items()) {
    if (name != "__metadata__") entries.push_back(read_entry(name, description));
  }
  const std::string_view data = bytes.substr(kLengthSize + header_length(bytes));
  check_layout(entries, data.size());

  StateDict state;
  for (const Entry& entry : entries) {
    const std::string_view range = data.substr(entry.begin, entry.end - entry.begin);
    state.emplace(entry.name, tensors.run(range, entry.type).view(entry.shape));
  }
  return state;
}

std::map<std::string, std::string> safetensors_metadata(std::string_view bytes) {
  const json header = read_header(bytes);
  std::map<std::string, std::string> metadata;
  const auto found = header.find("__metadata__");
  if (found == header.end() || !found->is_object()) return metadata;
  for (const auto& [name, value] : found->items()) {
    if (value.is_string()) metadata[name] = value.get<std::string>();
  }
  return metadata;
}

}  // namespace gsttorch
