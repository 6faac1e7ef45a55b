// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/report/report.h"

#include "lib/results/results_layout.h"
#include "tools/gst-torch/report/page.h"
#include "tools/gst-torch/report/sections.h"

namespace gsttorch {
namespace {

constexpr std::size_t kExtremes = 4;

std::vector<const ReportFrame*> frames_to_show(const ReportData& data,
                                               const std::vector<const ReportFrame*>& regular) {
  std::vector<const ReportFrame*> frames = regular;
  for (const ReportFrame* frame : most_moving(data, kExtremes)) frames.push_back(frame);
  for (const SlowFrame& slow : slowest(data, kExtremes)) frames.push_back(slow.frame);
  return frames;
}

std::string report_page(const ReportData& data) {
  const auto regular = regular_frames(data, kContactSheetFrames);
  const Images images = Images::take(data, frames_to_show(data, regular));
  const std::string body = summary_section(data) + contact_sheet_section(data, images, regular) +
                           stage_sections(data) + extremes_section(data, images) +
                           performance_section(data) + settings_section(data);
  return whole_page(video_name(data), body);
}

}  // namespace

Result<void> write_report(const std::string& directory) {
  const auto data = read_report_data(directory);
  if (!data) return data.error();
  try {
    return write_page(report_path(directory), report_page(*data));
  } catch (const nlohmann::json::exception& failure) {  // a field of another type than ours have
    return Error{ErrorCode::Corrupt, directory + " contains an invalid record: " + failure.what()};
  }
}

}  // namespace gsttorch
