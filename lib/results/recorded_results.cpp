// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/results/recorded_results.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "lib/results/results_layout.h"

namespace gsttorch {
namespace {

namespace fs = std::filesystem;

/// The complete lines of one file.
struct WholeLines {
  std::string first;
  std::string last;
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
};

WholeLines read_whole_lines(const std::string& path) {
  WholeLines whole;
  std::ifstream in(path, std::ios::binary);
  for (std::string line; std::getline(in, line) && !in.eof();) {
    whole.bytes += line.size() + 1;
    whole.last = std::move(line);
    if (whole.count++ == 0) whole.first = whole.last;
  }
  return whole;
}

std::vector<std::string> all_results_files(const std::string& directory) {
  std::vector<std::string> files = full_results_files(directory);
  files.push_back(results_path(directory));
  return files;
}

Result<std::optional<RecordKey>> read_key(const std::string& path, const std::string& line) {
  if (const auto key = record_key(line)) return std::optional(*key);
  return Error{ErrorCode::Corrupt, path + " contains an invalid record"};
}

}  // namespace

std::vector<std::string> full_results_files(const std::string& directory) {
  std::vector<std::string> files;
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(directory, failure)) {
    if (is_full_results_name(entry.path().filename().string())) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Result<RecordedResults> read_recorded_results(const std::string& directory) {
  RecordedResults recorded;
  const std::string path = results_path(directory);
  const WholeLines lines = read_whole_lines(path);
  recorded.records = lines.count;
  recorded.whole_bytes = lines.bytes;
  if (lines.count > 0) {
    auto first = read_key(path, lines.first), last = read_key(path, lines.last);
    if (!first) return first.error();
    if (!last) return last.error();
    recorded.first = *first;
    recorded.last = *last;
    return recorded;
  }
  // The run ended right after a file had become full.
  const auto full = full_results_files(directory);
  if (full.empty()) return recorded;
  auto last = read_key(full.back(), read_whole_lines(full.back()).last);
  if (!last) return last.error();
  recorded.last = *last;
  return recorded;
}

std::uint64_t first_frame_of_session(const std::string& directory, std::uint64_t session) {
  for (const std::string& file : all_results_files(directory)) {
    std::ifstream in(file, std::ios::binary);
    for (std::string line; std::getline(in, line) && !in.eof();) {
      const auto key = record_key(line);
      if (key && key->session == session) return key->frame;
    }
  }
  return 0;
}

std::vector<Shot> read_recorded_shots(const std::string& directory) {
  std::vector<ShotListBuilder> sessions;
  std::uint64_t session = 0;
  for (const std::string& file : all_results_files(directory)) {
    std::ifstream in(file, std::ios::binary);
    for (std::string line; std::getline(in, line) && !in.eof();) {
      const auto shot = shot_line(line);
      if (!shot) continue;
      if (sessions.empty() || shot->session != session) sessions.emplace_back();
      session = shot->session;
      sessions.back().add(shot->frame, shot->boundaries);
    }
  }
  std::vector<Shot> shots;
  for (const ShotListBuilder& builder : sessions) {
    const auto found = builder.shots();
    shots.insert(shots.end(), found.begin(), found.end());
  }
  return shots;
}

}  // namespace gsttorch
