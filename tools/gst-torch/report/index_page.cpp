// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/report/index_page.h"

#include <filesystem>

#include "lib/results/results_layout.h"
#include "tools/gst-torch/report/page.h"
#include "tools/gst-torch/report/report_data.h"
#include "tools/gst-torch/support/html.h"

namespace gsttorch {
namespace {

namespace fs = std::filesystem;

/// What the results of a directory come down to, in cells.
std::vector<std::string> figures_of(const std::string& directory) {
  const auto data = read_report_data(directory);
  if (!data) return {"\u2013", "\u2013", "\u2013", "\u2013"};
  double sum = 0;
  std::uint64_t measured = 0;
  for (const ReportFrame& frame : data->frames) {
    if (!frame.mean_motion) continue;
    sum += *frame.mean_motion;
    measured++;
  }
  const double ms = data->run.value("ms_per_frame", 0.0);
  const auto seconds =
      data->frames.empty() ? 0 : static_cast<double>(data->frames.back().pts.value_or(0)) / 1e9;
  return {format_count(data->frames.size()), format_time(seconds),
          format_number(
              measured > 0 ? std::optional(sum / static_cast<double>(measured)) : std::nullopt, 2),
          format_number(ms > 0 ? std::optional(ms) : std::nullopt, 1)};
}

std::string video_cell(const IndexEntry& entry) {
  const std::string name = escaped(fs::path(entry.video).filename().string());
  std::error_code ignored;
  if (!fs::exists(report_path(entry.directory), ignored)) return name;
  const std::string address = relative_address(report_address(entry.directory));
  return "<a href=\"" + escaped(address) + "\">" + name + "</a>";
}

std::string state_cell(const IndexEntry& entry) {
  if (entry.error.empty()) return escaped(entry.state);
  return "<span class=bad>" + escaped(entry.state) + ": " + escaped(entry.error) + "</span>";
}

}  // namespace

Result<void> write_index(const std::string& directory, const std::vector<IndexEntry>& entries) {
  Table table("Videos", {{"video", Table::Align::Text},
                         {"state", Table::Align::Text},
                         {"frames"},
                         {"length, min:s"},
                         {"mean motion, px"},
                         {"ms per frame"}});
  for (const IndexEntry& entry : entries) {
    std::vector<std::string> cells{video_cell(entry), state_cell(entry)};
    for (std::string& cell : figures_of(entry.directory)) cells.push_back(std::move(cell));
    table.row(cells);
  }
  const std::string title = "Analysis of " + std::to_string(entries.size()) + " videos";
  return write_page(index_path(directory),
                    whole_page(title, "<h1>" + escaped(title) + "</h1>\n" + table.html()));
}

}  // namespace gsttorch
