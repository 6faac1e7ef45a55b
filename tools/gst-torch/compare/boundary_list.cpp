// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/compare/boundary_list.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <filesystem>

#include "lib/formats/csv_file.h"

namespace gsttorch {
namespace {

constexpr char kStartColumn[] = "Start Frame";

std::optional<std::uint64_t> parse_frame(const std::string& text) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && rest == end ? std::optional(number) : std::nullopt;
}

Error corrupt(const std::string& path, const std::string& why) {
  return {ErrorCode::Corrupt, path + " is not a list of shots: " + why};
}

// The numbers of a column, below the line `header`.
Result<BoundaryList> read_column(const std::string& path, const std::vector<CsvLine>& lines,
                                 std::size_t header, std::size_t column) {
  BoundaryList frames;
  for (std::size_t i = header; i < lines.size(); i++) {
    const auto& fields = lines[i].fields;
    const auto frame = column < fields.size() ? parse_frame(fields[column]) : std::nullopt;
    if (!frame) {
      return corrupt(path, "line " + std::to_string(lines[i].number) + " has no frame number");
    }
    frames.push_back(*frame);
  }
  std::sort(frames.begin(), frames.end());
  frames.erase(std::unique(frames.begin(), frames.end()), frames.end());
  return frames;
}

// PySceneDetect counts frames from 1 since version 0.6, before that from 0.
BoundaryList boundaries_of(BoundaryList starts) {
  if (starts.empty()) return starts;
  const std::uint64_t first_number = starts.front() == 0 ? 0 : 1;
  for (std::uint64_t& start : starts) start -= first_number;
  starts.erase(starts.begin());
  return starts;
}

Result<BoundaryList> read_scene_list(const std::string& path, const std::vector<CsvLine>& lines) {
  for (std::size_t i = 0; i < std::min<std::size_t>(lines.size(), 2); i++) {
    const auto column = lines[i].find(kStartColumn);
    if (!column) continue;
    auto starts = read_column(path, lines, i + 1, *column);
    if (!starts) return starts;
    return boundaries_of(std::move(*starts));
  }
  return corrupt(path, std::string("it has no column ") + kStartColumn);
}

}  // namespace

Result<BoundaryList> read_boundary_list(const std::string& path) {
  const auto lines = read_csv_file(path);
  if (!lines) return lines.error();
  if (path.ends_with(".csv")) return read_scene_list(path, *lines);
  auto frames = read_column(path, *lines, 0, 0);
  if (frames) std::erase(*frames, 0);  // the video begins there
  return frames;
}

Result<std::optional<BoundaryList>> find_boundary_list(const std::string& directory) {
  for (const char* name : kBoundaryFiles) {
    const std::filesystem::path path = std::filesystem::path(directory) / name;
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) continue;
    auto list = read_boundary_list(path);
    if (!list) return list.error();
    return std::optional(std::move(*list));
  }
  return std::optional<BoundaryList>();
}

}  // namespace gsttorch
