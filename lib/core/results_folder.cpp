// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/core/results_folder.h"

#include <cinttypes>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "lib/core/flow_file.h"

namespace gsttorch {
namespace {

constexpr std::size_t kGatherBytes = 64 * 1024;

Result<void> make_folder(const std::string& path) {
  std::error_code failure;
  std::filesystem::create_directories(path, failure);
  if (!failure && !std::filesystem::is_directory(path)) {
    failure = std::make_error_code(std::errc::not_a_directory);
  }
  if (!failure) return {};
  return Error{ErrorCode::NotWritable, "cannot create folder " + path + ": " + failure.message()};
}

/// Permissions, quotas and read-only mounts all show only when something is written.
Result<void> try_writing(const std::string& folder) {
  auto file = OutputFile::create(folder + "/.write-test");
  if (!file) return file.error();
  Result<void> done = file->write("test\n", 5);
  if (done) done = file->close();
  std::remove(file->path().c_str());
  return done;
}

}  // namespace

Result<ResultsFolder> ResultsFolder::create(const std::string& location) {
  if (location.empty()) return Error{ErrorCode::BadArgument, "no folder given for the results"};
  if (auto made = make_folder(location); !made) return made.error();
  if (auto tried = try_writing(location); !tried) return tried.error();
  auto results = OutputFile::create(location + "/results.jsonl", OutputFile::Lock::Exclusive);
  if (!results) return results.error();
  return ResultsFolder(location, std::move(results).value());
}

ResultsFolder::ResultsFolder(std::string location, OutputFile results)
    : location_(std::move(location)), results_(std::move(results)) {}

std::string ResultsFolder::flow_file_name(std::uint64_t frame, unsigned number) {
  char name[64];
  if (number == 0) {
    std::snprintf(name, sizeof name, "flow/%06" PRIu64 ".flo", frame);
  } else {
    std::snprintf(name, sizeof name, "flow/%06" PRIu64 "-%u.flo", frame, number);
  }
  return name;
}

Result<void> ResultsFolder::write_line(const FrameRecord& record) {
  pending_ += to_json_line(record);
  return pending_.size() < kGatherBytes ? Result<void>() : flush();
}

Result<void> ResultsFolder::write_flow(const std::string& file_name, const FlowView& flow) {
  if (!has_flow_folder_) {
    if (auto made = make_folder(location_ + "/flow"); !made) return made;
    has_flow_folder_ = true;
  }
  auto done = write_flow_file(location_ + "/" + file_name, flow);
  if (done) flow_bytes_ += flow_file_bytes(flow.width, flow.height);
  return done;
}

Result<void> ResultsFolder::flush() {
  const std::string lines = std::exchange(pending_, {});
  return results_.write(lines.data(), lines.size());
}

Result<void> ResultsFolder::close() {
  if (auto done = flush(); !done) return done;
  return results_.close();
}

}  // namespace gsttorch
