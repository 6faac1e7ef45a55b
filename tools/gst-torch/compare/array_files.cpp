// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/compare/array_files.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "lib/base/read_file.h"
#include "lib/formats/match_file.h"
#include "lib/formats/npy_array.h"
#include "lib/formats/npz_archive.h"
#include "tools/gst-torch/support/paths.h"
#include "tools/gst-torch/support/zip_archive.h"

namespace gsttorch {
namespace {

using NpzArrays = std::map<std::string, NpyArray>;

constexpr int kMostPixels = 99999;  // of a side, as in .flo files

Error corrupt(const std::string& path, const std::string& why) {
  return {ErrorCode::Corrupt, path + " " + why};
}

std::string shape_text(const std::vector<std::uint64_t>& shape) {
  std::string text;
  for (const std::uint64_t side : shape) text += (text.empty() ? "" : ", ") + std::to_string(side);
  return "(" + text + ")";
}

Result<std::string> read_member(ZipArchive& zip) {
  std::string bytes;
  std::vector<char> buffer(1 << 16);
  for (;;) {
    const auto got = zip.read(buffer);
    if (!got) return got.error();
    if (*got == 0) return bytes;
    bytes.append(buffer.data(), *got);
    if (bytes.size() > kMaxNpzBytes) return Error{ErrorCode::Corrupt, "an array is too large"};
  }
}

// Only arrays of these names: others may have types that cannot be read.
Result<NpzArrays> read_npz(const std::string& path, const std::set<std::string>& names) {
  const auto damaged = [&](const Error& error) {
    return Error{error.code, path + " cannot be read as a .npz file: " + error.message};
  };
  auto zip = ZipArchive::open(path);
  if (!zip) return damaged(zip.error());
  NpzArrays arrays;
  for (;;) {
    const auto name = zip->next();
    if (!name) return damaged(name.error());
    if (!*name) return arrays;
    const std::string& file = **name;
    const std::string array_name = file.substr(0, file.rfind(".npy"));
    if (!names.contains(array_name)) continue;
    const auto bytes = read_member(*zip);
    if (!bytes) return damaged(bytes.error());
    auto array = parse_npy(*bytes, path + ": " + file);
    if (!array) return array.error();
    arrays[array_name] = std::move(*array);
  }
}

Result<FlowFile> flow_of(NpyArray array, const std::string& path) {
  const auto& shape = array.shape;
  const bool is_flow = shape.size() == 3 && (shape[2] == 2 || shape[0] == 2);
  const bool is_planar = is_flow && shape[2] != 2;  // [2, height, width]
  const std::uint64_t height = is_flow ? shape[is_planar ? 1 : 0] : 0;
  const std::uint64_t width = is_flow ? shape[is_planar ? 2 : 1] : 0;
  if (width == 0 || height == 0 || width > kMostPixels || height > kMostPixels) {
    return corrupt(path, "does not contain flow: its shape is " + shape_text(shape) +
                             ", not (height, width, 2) or (2, height, width)");
  }
  FlowFile flow{static_cast<int>(width), static_cast<int>(height), std::move(array.values)};
  if (!is_planar) return flow;
  const std::size_t pixels = flow.vectors.size() / 2;
  std::vector<float> pairs(2 * pixels);
  for (std::size_t i = 0; i < pixels; i++) {
    pairs[2 * i] = flow.vectors[i];
    pairs[2 * i + 1] = flow.vectors[pixels + i];
  }
  flow.vectors = std::move(pairs);
  return flow;
}

bool are_finite(const NpyArray& array) {
  return std::all_of(array.values.begin(), array.values.end(),
                     [](float value) { return std::isfinite(value); });
}
bool is_list(const NpyArray& array, std::uint64_t count) {
  return array.shape == std::vector<std::uint64_t>{count};
}
bool is_point_list(const NpyArray& array, std::uint64_t count) {
  return array.shape == std::vector<std::uint64_t>{count, 2};
}

Result<std::vector<Match>> matches_of(const NpzArrays& arrays, const std::string& path) {
  const auto first = arrays.find("keypoints0"), second = arrays.find("keypoints1");
  const auto confidence = arrays.find("confidence");
  if (first == arrays.end() || second == arrays.end()) {
    return corrupt(path, "does not contain matches: it has no arrays keypoints0 and keypoints1");
  }
  const NpyArray& a = first->second;
  const NpyArray& b = second->second;
  const std::uint64_t count = a.shape.empty() ? 0 : a.shape[0];
  if (!is_point_list(a, count) || !is_point_list(b, count)) {
    return corrupt(path, "does not contain matches: the shapes of keypoints0 and keypoints1 are " +
                             shape_text(a.shape) + " and " + shape_text(b.shape) +
                             ", not both (count, 2)");
  }
  const bool has_confidence = confidence != arrays.end();
  if (has_confidence && !is_list(confidence->second, count)) {
    return corrupt(path, "does not have one confidence for each match");
  }
  if (!are_finite(a) || !are_finite(b)) return corrupt(path, "has points that are not numbers");
  std::vector<Match> matches;
  for (std::size_t i = 0; i < count; i++) {
    matches.push_back({a.values[2 * i], a.values[2 * i + 1], b.values[2 * i], b.values[2 * i + 1],
                       has_confidence ? confidence->second.values[i] : 1});
  }
  return matches;
}

}  // namespace

bool is_flow_name(const std::string& name) {
  return name.ends_with(".flo") || name.ends_with(".npy") || name.ends_with(".npz");
}

bool is_match_name(const std::string& name) {
  return name.ends_with(".csv") || name.ends_with(".npz");
}

Result<FlowFile> read_flow_array(const std::string& path) {
  if (auto readable = check_input_file(path); !readable) return readable.error();
  if (path.ends_with(".flo")) return read_flow_file(path);
  if (path.ends_with(".npy")) {
    auto array = parse_npy(read_file(path), path);
    if (!array) return array.error();
    return flow_of(std::move(*array), path);
  }
  auto arrays = read_npz(path, {"flow"});
  if (!arrays) return arrays.error();
  const auto flow = arrays->find("flow");
  if (flow == arrays->end()) return corrupt(path, "does not contain flow: it has no array flow");
  return flow_of(std::move(flow->second), path);
}

Result<std::vector<Match>> read_match_array(const std::string& path) {
  if (auto readable = check_input_file(path); !readable) return readable.error();
  if (path.ends_with(".csv")) return read_match_csv(path);
  const auto arrays = read_npz(path, {"keypoints0", "keypoints1", "confidence"});
  if (!arrays) return arrays.error();
  return matches_of(*arrays, path);
}

}  // namespace gsttorch
