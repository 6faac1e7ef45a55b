// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/report/report_data.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "lib/results/recorded_results.h"
#include "lib/results/results_directory.h"
#include "lib/results/results_layout.h"

namespace gsttorch {
namespace {

using Json = nlohmann::ordered_json;

std::optional<double> number_in(const Json& object, const char* field) {
  const auto at = object.find(field);
  if (at == object.end() || !at->is_number()) return std::nullopt;
  return at->get<double>();
}

std::optional<std::uint64_t> time_in(const Json& object, const char* field) {
  const auto at = object.find(field);
  if (at == object.end() || !at->is_number_unsigned()) return std::nullopt;
  return at->get<std::uint64_t>();
}

std::string text_in(const Json& object, const char* field) {
  const auto at = object.find(field);
  return at != object.end() && at->is_string() ? at->get<std::string>() : "";
}

/// A result that is an object, or a list of them: the first. An empty object where there is none.
Json first_of(const Json& line, const char* field) {
  const auto at = line.find(field);
  if (at == line.end()) return Json::object();
  if (at->is_object()) return *at;
  return at->is_array() && !at->empty() && at->front().is_object() ? at->front() : Json::object();
}

// The figures of flat images are no motion.
void read_flow(const Json& flow, ReportFrame& frame) {
  frame.flow_file = text_in(flow, "file");
  if (const auto flat = flow.find("flat"); flat != flow.end() && *flat == true) {
    frame.skipped = "flat image";
    return;
  }
  frame.mean_motion = number_in(flow, "mean_magnitude");
  frame.max_motion = number_in(flow, "max_magnitude");
  frame.mean_x = number_in(flow, "mean_x");
  frame.mean_y = number_in(flow, "mean_y");
  frame.skipped = text_in(flow, "skipped");
}

void read_shot(const Json& shot, ReportFrame& frame) {
  frame.shot_score = number_in(shot, "score");
}

std::optional<ReportFrame> read_frame(const std::string& line) {
  const auto key = record_key(line);
  if (!key) return std::nullopt;
  const Json json = Json::parse(line, nullptr, false);
  ReportFrame frame;
  frame.frame = key->frame;
  frame.session = key->session;
  frame.pts = key->pts;
  frame.time = time_in(json, "stream_time");
  read_flow(first_of(json, "flow"), frame);
  read_shot(first_of(json, "shot"), frame);
  frame.matches = number_in(first_of(json, "matches"), "count");
  return frame;
}

// Of the last session.
Result<std::vector<ReportFrame>> read_frames(const std::string& directory) {
  std::vector<ReportFrame> frames;
  std::vector<std::string> files = full_results_files(directory);
  files.push_back(results_path(directory));
  for (const std::string& file : files) {
    std::ifstream in(file, std::ios::binary);
    for (std::string line; std::getline(in, line) && !in.eof();) {
      auto frame = read_frame(line);
      if (!frame) return Error{ErrorCode::Corrupt, file + " contains an invalid record"};
      if (!frames.empty() && frames.back().session != frame->session) frames.clear();
      frames.push_back(std::move(*frame));
    }
  }
  return frames;
}

}  // namespace

const Json& object_in(const Json& json, const char* field) {
  static const Json none = Json::object();
  const auto at = json.find(field);
  return at != json.end() && at->is_object() ? *at : none;
}

std::vector<PerfRecord> read_meter_reports(const std::string& directory) {
  std::vector<PerfRecord> reports;
  std::ifstream in(meter_reports_path(directory), std::ios::binary);
  for (std::string line; std::getline(in, line);) {
    PerfRecord report = PerfRecord::parse(line, nullptr, false);
    if (report.is_object()) reports.push_back(std::move(report));
  }
  return reports;
}

const ReportFrame* ReportData::frame_at(std::uint64_t pts) const {
  const auto at = std::find_if(frames.begin(), frames.end(),
                               [&](const ReportFrame& frame) { return frame.pts == pts; });
  return at == frames.end() ? nullptr : &*at;
}

bool ReportData::has(std::optional<double> ReportFrame::*field) const {
  return std::any_of(frames.begin(), frames.end(),
                     [&](const ReportFrame& frame) { return (frame.*field).has_value(); });
}

Json read_run_manifest(const std::string& directory) {
  std::ifstream in(run_manifest_path(directory));
  Json json = Json::parse(in, nullptr, false);
  return json.is_object() ? json : Json();
}

Result<ReportData> read_report_data(const std::string& directory) {
  std::error_code ignored;
  if (!std::filesystem::exists(results_path(directory), ignored)) {
    return Error{ErrorCode::NotFound,
                 directory + " contains no results (gst-torch analyze writes them)"};
  }
  if (auto right = ResultsDirectory::check_readable(directory); !right) return right.error();
  auto frames = read_frames(directory);
  if (!frames) return frames.error();
  ReportData data;
  data.directory = directory;
  data.run = read_run_manifest(directory);
  if (!data.run.is_object()) data.run = Json::object();
  data.frames = std::move(*frames);
  if (!data.frames.empty()) {
    const ReportFrame& first = data.frames.front();
    data.sessions = first.session + 1;
    data.shots = read_recorded_shots(directory);
    std::erase_if(data.shots, [&](const Shot& shot) { return shot.first_frame < first.frame; });
  }
  data.meter = read_meter_reports(directory);
  return data;
}

}  // namespace gsttorch
