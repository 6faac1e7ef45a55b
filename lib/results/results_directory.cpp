// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/results/results_directory.h"

#include <cerrno>
#include <cinttypes>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <utility>

#include <nlohmann/json.hpp>

#include "lib/formats/flow_file.h"
#include "lib/formats/npz_file.h"
#include "lib/formats/output_directory.h"
#include "lib/results/results_layout.h"

namespace gsttorch {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::size_t kGatherBytes = std::size_t{64} * 1024;

/// What is in format.json, if that is anything.
std::optional<Json> recorded_version(const std::string& directory) {
  std::ifstream in(format_path(directory));
  if (!in) return std::nullopt;
  const Json json = Json::parse(in, nullptr, false);
  return json.is_object() ? json.value("results_version", Json()) : Json();
}

std::string contains_version(const std::string& directory, const std::optional<Json>& version) {
  return directory + " contains results in " +
         (version ? "format version " + version->dump() : "an unknown format version");
}

Result<void> write_version(const std::string& directory) {
  return write_whole_file(format_path(directory),
                          Json{{"results_version", kResultsVersion}}.dump() + '\n');
}

void remove_full_files(const std::string& directory) {
  for (const std::string& file : full_results_files(directory)) std::remove(file.c_str());
}

/// "flow/000012", "flow/000012-1": a frame's results are numbered from 0.
std::string numbered(const char* directory, std::uint64_t frame, unsigned number) {
  char text[32];
  std::snprintf(text, sizeof text, "%06" PRIu64, frame);
  std::string path = std::string(directory) + "/" + text;
  if (number > 0) path.append("-").append(std::to_string(number));
  return path;
}

/// Returns the records of an earlier run that are kept, after removing the others.
Result<RecordedResults> take_over(const std::string& directory, ResultsDirectory::Earlier earlier) {
  if (auto right = ResultsDirectory::check_version(directory, earlier); !right)
    return right.error();
  auto recorded = earlier == ResultsDirectory::Earlier::Continue ? read_recorded_results(directory)
                                                                 : RecordedResults{};
  if (!recorded) return recorded;
  if (auto written = write_version(directory); !written) return written.error();
  if (earlier == ResultsDirectory::Earlier::Replace) {
    remove_full_files(directory);
    std::remove(shot_list_path(directory).c_str());
  }
  return recorded;
}

}  // namespace

Result<void> ResultsDirectory::check_version(const std::string& directory, Earlier earlier) {
  const auto version = recorded_version(directory);
  if (version == Json(kResultsVersion)) return {};
  // A directory without a version can be replaced, but not continued.
  const bool may_be_absent = earlier == Earlier::Replace || !fs::exists(results_path(directory));
  if (!version && may_be_absent) return {};
  return Error{ErrorCode::BadArgument, contains_version(directory, version) +
                                           ", but this program writes version " +
                                           std::to_string(kResultsVersion) +
                                           ": use another directory, or remove " + directory};
}

Result<void> ResultsDirectory::check_readable(const std::string& directory) {
  const auto version = recorded_version(directory);
  if (version == Json(kResultsVersion)) return {};
  return Error{ErrorCode::Corrupt,
               contains_version(directory, version) + ", but this program reads version " +
                   std::to_string(kResultsVersion) + ": analyze the video again with this version"};
}

Result<ResultsDirectory> ResultsDirectory::create(const Options& options) {
  const std::string& location = options.location;
  if (location.empty()) return Error{ErrorCode::BadArgument, "no results directory was given"};
  if (auto made = make_writable_directory(location); !made) return made.error();
  auto lock = DirectoryLock::take(location);
  if (!lock) return lock.error();
  const auto recorded = take_over(location, options.earlier);
  if (!recorded) return recorded.error();
  auto results = OutputFile::append(results_path(location), recorded->whole_bytes);
  if (!results) return results.error();
  return ResultsDirectory(options, std::move(lock).value(), std::move(results).value(), *recorded);
}

ResultsDirectory::ResultsDirectory(Options options, DirectoryLock lock, OutputFile results,
                                   const RecordedResults& recorded)
    : options_(std::move(options)),
      lock_(std::move(lock)),
      results_(std::move(results)),
      last_recorded_(recorded.last),
      records_(recorded.records),
      first_frame_(recorded.first ? recorded.first->frame : 0) {}

std::string ResultsDirectory::flow_file_name(const FlowFileKey& key, FlowFileType type) {
  std::string path = numbered(kFlowDirectory, key.frame, key.number);
  if (key.part == FlowPart::Confidence) return path + "-confidence.npy";
  if (key.part == FlowPart::Backward) path += "-backward";
  return path + (type == FlowFileType::Npz ? ".npz" : ".flo");
}

std::string ResultsDirectory::match_file_name(std::uint64_t frame, unsigned number,
                                              MatchFileType type) {
  return numbered(kMatchDirectory, frame, number) + (type == MatchFileType::Npz ? ".npz" : ".csv");
}

Result<void> ResultsDirectory::write_line(const FrameRecord& record) {
  // Before a line rather than after one: results.jsonl always has the newest.
  if (options_.records_per_file > 0 && records_ >= options_.records_per_file) {
    if (auto done = put_full_file_aside(); !done) return done;
  }
  if (records_++ == 0) first_frame_ = record.frame;
  pending_ += to_json_line(record);
  pending_records_++;
  return pending_.size() < kGatherBytes ? Result<void>() : flush();
}

Result<void> ResultsDirectory::put_full_file_aside() {
  if (auto done = close(); !done) return done;
  const std::string full = full_results_path(options_.location, first_frame_);
  if (std::rename(results_.path().c_str(), full.c_str()) != 0) {
    return file_error("cannot create", full, errno);
  }
  full_files_bytes_ += results_.bytes_written();
  auto next = OutputFile::create(results_path(options_.location));
  if (!next) return next.error();
  results_ = std::move(next).value();
  records_ = 0;
  return {};
}

Result<void> ResultsDirectory::make_once(Subdirectory which) {
  bool& is_there = has_directory_[static_cast<std::size_t>(which)];
  if (is_there) return {};
  auto made = make_directory(options_.location + "/" +
                             (which == Subdirectory::Flow ? kFlowDirectory : kMatchDirectory));
  is_there = made.ok();
  return made;
}

Result<void> ResultsDirectory::write_flow(const std::string& file_name, const FlowView& flow) {
  if (auto made = make_once(Subdirectory::Flow); !made) return made;
  const std::string path = options_.location + "/" + file_name;
  const bool is_npz = path.ends_with(".npz");
  auto done = is_npz ? write_npz_file(path, flow) : write_flow_file(path, flow);
  if (done)
    array_bytes_ += is_npz ? npz_file_bytes(flow) : flow_file_bytes(flow.width, flow.height);
  return done;
}

Result<void> ResultsDirectory::write_confidence(const std::string& file_name,
                                                const MapView& confidence) {
  if (auto made = make_once(Subdirectory::Flow); !made) return made;
  auto done = write_npy_file(options_.location + "/" + file_name, confidence);
  if (done) array_bytes_ += npy_file_bytes(confidence);
  return done;
}

Result<void> ResultsDirectory::write_matches(const std::string& file_name, const MatchRows& rows) {
  if (auto made = make_once(Subdirectory::Matches); !made) return made;
  const auto bytes = write_match_file(options_.location + "/" + file_name, rows);
  if (!bytes) return bytes.error();
  array_bytes_ += *bytes;
  return {};
}

Result<void> ResultsDirectory::write_shot_list() {
  if (auto done = flush(); !done) return done;
  const std::string csv = shots_to_csv(read_recorded_shots(options_.location));
  return write_whole_file(shot_list_path(options_.location), csv);
}

Result<void> ResultsDirectory::flush() {
  const std::string lines = std::exchange(pending_, {});
  const std::uint64_t records = std::exchange(pending_records_, 0);
  auto done = results_.write(lines.data(), lines.size());
  if (done) flushed_records_ += records;
  return done;
}

Result<void> ResultsDirectory::close() {
  if (auto done = flush(); !done) return done;
  return results_.close();
}

}  // namespace gsttorch
