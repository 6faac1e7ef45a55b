// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/compare/result_set.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string_view>

#include <nlohmann/json.hpp>

#include "lib/results/recorded_results.h"
#include "lib/results/results_directory.h"
#include "lib/results/results_layout.h"
#include "tools/gst-torch/compare/array_files.h"

namespace gsttorch {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::string_view kDigits = "0123456789";

bool is_there(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

Result<void> add_file(FrameFiles& files, const std::string& path) {
  const auto [at, is_new] = files.emplace(frame_of(path), path);
  if (is_new || at->second == path) return {};
  return Error{ErrorCode::Corrupt, at->second + " and " + path +
                                       " are of the same frame: remove or rename one of them"};
}

// A confidence is no flow, but lies beside it.
bool is_confidence(const fs::path& path) { return path.stem().string().ends_with("-confidence"); }

Result<FrameFiles> list_files(const fs::path& directory, bool (*has_format)(const std::string&)) {
  FrameFiles files;
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(directory, failure)) {
    const std::string path = entry.path().string();
    if (!has_format(path) || is_confidence(entry.path())) continue;
    if (auto added = add_file(files, path); !added) return added.error();
  }
  return files;
}

std::string text_in(const Json& object, const char* field) {
  const auto at = object.find(field);
  return at != object.end() && at->is_string() ? at->get<std::string>() : "";
}

/// Takes up the files that the records of a frame name: others in the directory may be left from an
/// earlier run.
class RecordReader {
 public:
  explicit RecordReader(ResultSet& set) : set_(set) {}

  Result<void> add(const Json& record) {
    for (const Json& flow : list_in(record, "flow")) {
      if (auto added = add_flow(flow); !added) return added;
    }
    for (const Json& matches : list_in(record, "matches")) {
      if (auto added = add(set_.matches, text_in(matches, "file")); !added) return added;
    }
    if (record.contains("shot")) has_shots_ = true;
    return {};
  }

  bool has_shots() const { return has_shots_; }

 private:
  static Json list_in(const Json& record, const char* field) {
    const auto at = record.find(field);
    return at != record.end() && at->is_array() ? *at : Json::array();
  }

  // The file of a result in both directions is the forward one.
  Result<void> add_flow(const Json& flow) {
    if (set_.flow_direction.empty()) {
      const std::string direction = text_in(flow, "direction");
      set_.flow_direction = direction == "both" ? "forward" : direction;
    }
    for (const char* field : {"file", "backward_file"}) {
      if (auto added = add(set_.flow, text_in(flow, field)); !added) return added;
    }
    return {};
  }

  Result<void> add(FrameFiles& files, const std::string& name) {
    if (name.empty()) return {};
    return add_file(files, (fs::path(set_.directory) / name).string());
  }

  ResultSet& set_;
  bool has_shots_ = false;
};

Result<void> read_records(const std::string& path, RecordReader& reader, std::uint64_t& count) {
  std::ifstream in(path, std::ios::binary);
  for (std::string line; std::getline(in, line) && !in.eof(); count++) {
    const Json record = Json::parse(line, nullptr, false);
    if (!record.is_object() || !record.contains("frame")) {
      return Error{ErrorCode::Corrupt, path + " contains an invalid record"};
    }
    if (auto added = reader.add(record); !added) return added;
  }
  return {};
}

BoundaryList boundaries_of(const std::vector<Shot>& shots) {
  BoundaryList boundaries;
  for (const Shot& shot : shots) {
    if (shot.boundary) boundaries.push_back(shot.first_frame);
  }
  return boundaries;
}

std::optional<std::pair<int, int>> recorded_size(const std::string& directory) {
  std::ifstream in(run_manifest_path(directory));
  const Json run = Json::parse(in, nullptr, false);
  if (!run.is_object() || !run.contains("input") || !run["input"].is_object()) return std::nullopt;
  const Json& input = run["input"];
  const auto number = [&](const char* field) {
    const auto at = input.find(field);
    return at != input.end() && at->is_number_integer() ? at->get<int>() : 0;
  };
  const std::pair size{number("width"), number("height")};
  return size.first > 0 && size.second > 0 ? std::optional(size) : std::nullopt;
}

Result<ResultSet> open_own_results(const std::string& directory) {
  if (auto right = ResultsDirectory::check_readable(directory); !right) return right.error();
  ResultSet set;
  set.directory = directory;
  std::vector<std::string> files = full_results_files(directory);
  files.push_back(results_path(directory));
  RecordReader reader(set);
  std::uint64_t count = 0;
  for (const std::string& file : files) {
    if (auto read = read_records(file, reader, count); !read) return read.error();
  }
  set.frames = count;
  set.size = recorded_size(directory);
  if (reader.has_shots()) set.boundaries = boundaries_of(read_recorded_shots(directory));
  return set;
}

Result<ResultSet> open_other_results(const std::string& directory) {
  ResultSet set;
  set.directory = directory;
  auto flow = list_files(fs::path(directory) / kFlowDirectory, is_flow_name);
  if (!flow) return flow.error();
  auto matches = list_files(fs::path(directory) / kMatchDirectory, is_match_name);
  if (!matches) return matches.error();
  auto boundaries = find_boundary_list(directory);
  if (!boundaries) return boundaries.error();
  set.flow = std::move(*flow);
  set.matches = std::move(*matches);
  set.boundaries = std::move(*boundaries);
  if (!set.flow.empty() || !set.matches.empty() || set.boundaries) return set;
  const bool has_several = is_there(index_path(directory));
  return Error{
      ErrorCode::NotFound,
      directory + (has_several
                       ? " contains the results of several videos: name the directory of one"
                       : " contains no results: no results.jsonl of gst-torch analyze, no "
                         "files in flow/ or matches/, and none of scenes.csv, shots.csv, "
                         "scenes.txt and shots.txt")};
}

Result<void> check_directory(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::is_directory(status)) return {};
  const std::string why = fs::exists(status) ? "it is not a directory" : error.message();
  return Error{ErrorCode::NotFound, "cannot read " + path + ": " + why};
}

std::string size_text(const std::pair<int, int>& size) {
  return std::to_string(size.first) + "x" + std::to_string(size.second);
}

Error different(const std::string& message) { return {ErrorCode::BadShape, message}; }

}  // namespace

std::string frame_of(const std::string& file_name) {
  const std::string stem = fs::path(file_name).stem().string();
  const std::size_t digits = stem.find_first_of(kDigits);
  if (digits == std::string::npos) return stem;
  if (digits > 0 && stem[digits - 1] != '_' && stem[digits - 1] != '-') return stem;
  std::string number = stem.substr(digits);
  if (number.find_first_not_of(kDigits) != std::string::npos) return stem;
  number.erase(0, std::min(number.find_first_not_of('0'), number.size() - 1));
  return number.size() < 6 ? std::string(6 - number.size(), '0') + number : number;
}

Result<ResultSet> open_result_set(const std::string& directory) {
  if (auto there = check_directory(directory); !there) return there.error();
  const bool is_own = is_there(results_path(directory)) || is_there(format_path(directory));
  return is_own ? open_own_results(directory) : open_other_results(directory);
}

Result<FrameFiles> open_ground_truth(const std::string& directory) {
  if (auto there = check_directory(directory); !there) return there.error();
  const fs::path inner = fs::path(directory) / kFlowDirectory;
  const bool has_inner = is_there(inner.string());
  auto files = list_files(has_inner ? inner : fs::path(directory), is_flow_name);
  if (files && files->empty()) {
    return Error{ErrorCode::NotFound, directory + " contains no flow (.flo, .npy or .npz files)"};
  }
  return files;
}

Result<void> check_same_frames(const ResultSet& one, const ResultSet& other) {
  const std::string &a = one.directory, &b = other.directory;
  if (one.size && other.size && one.size != other.size) {
    return different("the videos have different sizes: that of " + a + " has " +
                     size_text(*one.size) + " pixels, that of " + b + " has " +
                     size_text(*other.size) + "; analyze the same video");
  }
  if (one.frames && other.frames && one.frames != other.frames) {
    return different("the results are of different frames: " + a + " has " +
                     std::to_string(*one.frames) + " frames, " + b + " has " +
                     std::to_string(*other.frames) + "; analyze the same frames of the same video");
  }
  const std::string &forth = one.flow_direction, &back = other.flow_direction;
  if (!forth.empty() && !back.empty() && forth != back) {
    return different("the flow has different directions: " + a + " has " + forth + " flow, " + b +
                     " has " + back + " flow; use the same --flow-direction");
  }
  return {};
}

}  // namespace gsttorch
