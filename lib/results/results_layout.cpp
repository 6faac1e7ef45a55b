// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/results/results_layout.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "lib/base/format.h"

namespace gsttorch {
namespace {

constexpr std::string_view kStem = "results-", kSuffix = ".jsonl";
constexpr char kReport[] = "report.html";

std::string path_in(const std::string& directory, const char* name) {
  return (std::filesystem::path(directory) / name).string();
}

}  // namespace

std::string format_path(const std::string& directory) { return path_in(directory, "format.json"); }
std::string results_path(const std::string& directory) {
  return path_in(directory, "results.jsonl");
}
std::string shot_list_path(const std::string& directory) { return path_in(directory, "shots.csv"); }

std::string full_results_path(const std::string& directory, std::uint64_t first_frame) {
  const std::string number = format("%09llu", static_cast<unsigned long long>(first_frame));
  return path_in(directory, (std::string(kStem) + number + std::string(kSuffix)).c_str());
}

bool is_full_results_name(std::string_view name) {
  if (!name.starts_with(kStem) || !name.ends_with(kSuffix)) return false;
  if (name.size() <= kStem.size() + kSuffix.size()) return false;
  const auto number = name.substr(kStem.size(), name.size() - kStem.size() - kSuffix.size());
  return std::all_of(number.begin(), number.end(),
                     [](unsigned char c) { return std::isdigit(c) != 0; });
}

std::string run_manifest_path(const std::string& directory) {
  return path_in(directory, "run.json");
}
std::string meter_reports_path(const std::string& directory) {
  return path_in(directory, "perf.jsonl");
}
std::string frame_times_path(const std::string& directory) {
  return path_in(directory, "frames.jsonl");
}
std::string report_path(const std::string& directory) { return path_in(directory, kReport); }

std::string report_address(const std::string& directory) {
  return std::filesystem::path(directory).filename().string() + "/" + kReport;
}

std::string index_path(const std::string& directory) { return path_in(directory, "index.html"); }

}  // namespace gsttorch
