// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <algorithm>
#include <filesystem>

#include "tools/gst-torch/report/sections.h"
#include "tools/gst-torch/support/html.h"

namespace gsttorch {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

std::string figure(const std::string& name, const std::string& value,
                   const std::string& note = "") {
  std::string text = "<div><dt>" + escaped(name) + "</dt><dd>" + value;
  if (!note.empty()) text += " <small>" + escaped(note) + "</small>";
  return text + "</dd></div>\n";
}

std::string image_figures(const Json& input) {
  std::string text;
  if (input.contains("width") && input.contains("height")) {
    text += figure("Image",
                   std::to_string(input.value("width", 0)) + "\u202f×\u202f" +
                       std::to_string(input.value("height", 0)),
                   "pixels");
  }
  if (input.contains("duration")) {
    text += figure("Length", format_time(input.value("duration", 0.0) / 1e9), "min:s");
  }
  return text;
}

/// Of this run alone: the process may have had more before.
double most_memory(const ReportData& data) {
  double most = 0;
  for (const PerfRecord& report : data.meter) {
    most = std::max(most, object_in(report, "process").value("rss", 0.0));
  }
  return most;
}

std::string work_figures(const ReportData& data) {
  std::string text;
  const double ms = data.run.value("ms_per_frame", 0.0);
  if (ms > 0) {
    text += figure("Per frame", format_number(ms, 1), "ms");
    text += figure("Rate", format_number(1000 / ms, 2), "frames/s");
  }
  if (data.meter.empty()) return text;
  const PerfRecord& last = data.meter.back();
  if (last.contains("bottleneck")) {
    text +=
        figure("Bottleneck", escaped(last.value("bottleneck", "")),
               last.contains("bottleneck_share")
                   ? format_number(100 * last.value("bottleneck_share", 0.0), 0) + " % of the time"
                   : "");
  }
  if (const double most = most_memory(data); most > 0) {
    text += figure("Peak memory", format_bytes(most), "resident");
  }
  return text;
}

}  // namespace

std::string video_name(const ReportData& data) {
  const std::string path = object_in(data.run, "input").value("path", "");
  const fs::path directory = fs::path(data.directory).lexically_normal();
  if (!path.empty()) return fs::path(path).filename().string();
  return directory.has_filename() ? directory.filename().string()
                                  : directory.parent_path().filename().string();
}

std::string state_badge(const Json& run) {
  const std::string status = run.value("status", "unknown");
  std::string text = status;
  if (status == "running") text = "not finished";
  const bool good = status == "complete";
  std::string badge =
      std::string("<p class=\"state ") + (good ? "good" : "bad") + "\">" + escaped(text);
  if (run.contains("error")) badge += ": " + escaped(run.value("error", ""));
  return badge + "</p>\n";
}

std::string summary_section(const ReportData& data) {
  std::string text = "<header><h1>" + escaped(video_name(data)) + "</h1>\n" +
                     state_badge(data.run) + "<dl class=figures>\n";
  text += figure("Frames", format_count(data.frames.size()));
  if (data.sessions > 1) {
    text +=
        figure("Session", format_count(data.sessions), "the last one; earlier ones are not shown");
  }
  text += image_figures(object_in(data.run, "input")) + work_figures(data) + "</dl>\n";
  if (data.run.contains("ended")) {
    std::string ended = data.run.value("ended", "").substr(0, 16);
    std::replace(ended.begin(), ended.end(), 'T', ' ');
    text += "<p class=note>Analysed " + escaped(ended) + " UTC";
    if (data.run.contains("resumed_after_frame")) {
      text += "; resumed after " +
              format_count(data.run.value("resumed_after_frame", std::uint64_t{0})) +
              " frames: times and measurements are of the last run";
    }
    text += ".</p>\n";
  }
  return text + "</header>\n";
}

}  // namespace gsttorch
