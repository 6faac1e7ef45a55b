// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "lib/base/result.h"
#include "lib/perf/perf_output.h"
#include "lib/results/shot_list.h"

namespace gsttorch {

/// What a line of results.jsonl says of a frame; absent where no element said it.
struct ReportFrame {
  std::uint64_t frame = 0;
  std::uint64_t session = 0;
  std::optional<std::uint64_t> pts;   ///< ns
  std::optional<std::uint64_t> time;  ///< stream time, ns
  std::optional<double> mean_motion;  ///< pixels
  std::optional<double> max_motion;   ///< pixels
  std::optional<double> mean_x;       ///< pixels, to the right
  std::optional<double> mean_y;       ///< pixels, down
  std::optional<double> shot_score;   ///< 0..1
  std::optional<double> matches;
  std::string skipped;    ///< why there is no motion
  std::string flow_file;  ///< relative to the directory
};

/// All that a report is made of.
struct ReportData {
  std::string directory;
  nlohmann::ordered_json run;       ///< run.json
  std::uint64_t sessions = 0;       ///< in the directory
  std::vector<ReportFrame> frames;  ///< of the last session
  std::vector<Shot> shots;          ///< as in shots.csv, of the last session
  std::vector<PerfRecord> meter;    ///< of the last run

  const ReportFrame* frame_at(std::uint64_t pts) const;  ///< null: there is none
  bool has(std::optional<double> ReportFrame::*field) const;
};

/// A field that is an object; else an empty one.
const nlohmann::ordered_json& object_in(const nlohmann::ordered_json& json, const char* field);

/// perfmeter's reports in a results directory, without incomplete ones; empty without the file.
std::vector<PerfRecord> read_meter_reports(const std::string& directory);

/// run.json of a directory, as an earlier run left it; null where there is none that can be read.
nlohmann::ordered_json read_run_manifest(const std::string& directory);

/// An Error where the directory contains no results, or those of another version.
Result<ReportData> read_report_data(const std::string& directory);

}  // namespace gsttorch
