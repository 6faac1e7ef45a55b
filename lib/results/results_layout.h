// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gsttorch {

// The names of all files in a results directory, whoever writes them: analysiswriter, perfmeter or
// gst-torch.

// By analysiswriter.
inline constexpr char kFlowDirectory[] = "flow";
inline constexpr char kMatchDirectory[] = "matches";
std::string format_path(const std::string& directory);  ///< format.json: the version of all files
std::string results_path(
    const std::string& directory);  ///< results.jsonl: records are appended to it
std::string shot_list_path(const std::string& directory);  ///< shots.csv

/// The new name of results.jsonl once it is full, with the frame number of its first record. The
/// names sort in stream order, before results.jsonl.
std::string full_results_path(const std::string& directory, std::uint64_t first_frame);
bool is_full_results_name(std::string_view name);

// By gst-torch analyze, and by the perfmeter in its pipeline.
std::string run_manifest_path(const std::string& directory);   ///< run.json
std::string meter_reports_path(const std::string& directory);  ///< perf.jsonl
std::string frame_times_path(const std::string& directory);    ///< frames.jsonl, single frames'
std::string report_path(const std::string& directory);         ///< report.html
std::string report_address(const std::string& directory);      ///< of it, from the index beside
std::string index_path(const std::string& directory);          ///< index.html, of several videos

}  // namespace gsttorch
