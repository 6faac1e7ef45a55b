// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// perfmeter's output for people.
#include <string>
#include <utility>
#include <vector>

#include "lib/base/format.h"
#include "lib/perf/perf_output.h"

namespace gsttorch {
namespace {

std::string milliseconds(const PerfRecord& duration, const char* key) {
  if (!duration.contains(key)) return "-";
  return format("%.3f", duration[key].get<double>() / 1e6);
}

std::string mebibytes(const PerfRecord& bytes) {
  return format("%.1f MiB", bytes.get<double>() / 1048576);
}

std::string format_duration(const char* name, const PerfRecord& duration) {
  return std::string(name) + " " + milliseconds(duration, "p50") + "/" +
         milliseconds(duration, "p95") + "/" + milliseconds(duration, "p99") + "/" +
         milliseconds(duration, "max") + " ms";
}

std::string format_rates(const PerfRecord& record) {
  std::string text = "rate";
  for (const auto& [key, name] :
       {std::pair{"rate_now", "now"}, {"rate_average", "average"}, {"rate_minimum", "minimum"}}) {
    if (record.contains(key)) text += format(" %.2f/s %s", record[key].get<double>(), name);
  }
  return text;
}

std::vector<std::string> parts_of(const PerfRecord& record) {
  std::vector<std::string> parts;
  if (record.contains("stalled_for")) {
    parts.push_back(format("STALLED for %.1f s", record["stalled_for"].get<double>() / 1e9));
  }
  parts.push_back(std::to_string(record.value("buffers", std::uint64_t{0})) + " buffers");
  if (record.contains("rate_average")) parts.push_back(format_rates(record));
  if (record.contains("bytes_per_second"))
    parts.push_back(mebibytes(record["bytes_per_second"]) + "/s");
  if (record.value("lost", std::uint64_t{0}) > 0) {
    parts.push_back(std::to_string(record["lost"].get<std::uint64_t>()) + " lost");
  }
  if (record.contains("latency")) parts.push_back(format_duration("latency", record["latency"]));
  if (record.contains("bottleneck")) {
    parts.push_back("bottleneck " + record["bottleneck"].get<std::string>());
  }
  return parts;
}

void add_usage_parts(const PerfRecord& record, std::vector<std::string>& parts) {
  if (record.contains("process")) {
    const PerfRecord& process = record["process"];
    if (process.contains("cpu_percent")) {
      parts.push_back(format("CPU %.0f %%", process["cpu_percent"].get<double>()));
    }
    if (process.contains("rss")) parts.push_back("RSS " + mebibytes(process["rss"]));
  }
  for (const PerfRecord& gpu : record.value("gpu", PerfRecord::array())) {
    std::string text = format("GPU %d", gpu["index"].get<int>());
    if (gpu.contains("utilization_percent")) {
      text += format(" %d %%", gpu["utilization_percent"].get<int>());
    }
    if (gpu.contains("memory_used")) text.append(" ").append(mebibytes(gpu["memory_used"]));
    if (gpu.contains("power_watts")) text += format(" %.0f W", gpu["power_watts"].get<double>());
    parts.push_back(text);
  }
}

std::string element_row(const PerfRecord& element) {
  const PerfRecord none = PerfRecord::object();
  const PerfRecord processing = element.value("processing", none);
  const PerfRecord queueing = element.value("queueing", none);
  const std::string buffers = element.contains("buffers") ? element["buffers"].dump() : "-";
  std::string row =
      format("%-28.28s %10s", element["name"].get<std::string>().c_str(), buffers.c_str());
  for (const PerfRecord* duration : {&processing, &queueing}) {
    for (const char* key : {"p50", "p95", "p99", "max"}) {
      row += format(" %10s", milliseconds(*duration, key).c_str());
    }
  }
  row += element.contains("busy") ? format(" %6.1f", element["busy"].get<double>() * 100)
                                  : format(" %6s", "-");
  return row + "\n";
}

double number(const PerfRecord& record, const char* key) { return record.value(key, 0.0); }

/// Statistics of an element with a model: "raftflow0: loaded in 310.0 ms, 33.1 ms a frame ...".
std::string net_row(const PerfRecord& report) {
  const PerfRecord& stats = report["stats"];
  if (!stats.contains("frame_ms")) return {};
  std::string row = "  " + report["name"].get<std::string>() + ": ";
  if (stats.contains("load_ms")) row += format("loaded in %.1f ms, ", number(stats, "load_ms"));
  row += format("%.2f ms a frame, batches %.0f %% full", number(stats, "frame_ms"),
                100 * number(stats, "batch_fill"));
  for (const PerfRecord& alike : stats.value("batch_sizes", PerfRecord::array())) {
    row += format(", %.0f x %.0f in %.2f ms each", number(alike, "batches"), number(alike, "size"),
                  number(alike, "batch_ms"));
  }
  row += format(", %.0f skipped", number(stats, "skipped"));
  const PerfRecord runtime = stats.value("runtime", PerfRecord::object());
  if (runtime.contains("cache_hits")) {
    row += format(", %.0f cache hits", number(runtime, "cache_hits"));
  }
  if (runtime.contains("memory_peak")) {
    row += ", tensors at most " + mebibytes(runtime["memory_peak"]);
  }
  return row + "\n";
}

std::string net_rows(const PerfRecord& record) {
  std::string rows;
  for (const PerfRecord& report : record.value("reports", PerfRecord::array())) {
    rows += net_row(report);
  }
  return rows;
}

}  // namespace

std::string to_readable_line(const PerfRecord& record) {
  std::vector<std::string> parts = parts_of(record);
  add_usage_parts(record, parts);
  std::string line = record.value("source", std::string("perfmeter")) + ": ";
  for (std::size_t i = 0; i < parts.size(); i++) {
    if (i > 0) line += " | ";
    line += parts[i];
  }
  return line + "\n";
}

std::string to_table(const PerfRecord& record) {
  std::string text = to_readable_line(record);
  if (record.contains("interbuffer")) {
    text += "  " + format_duration("between buffers p50/p95/p99/max", record["interbuffer"]) + "\n";
  }
  if (record.contains("first_buffer")) {
    text += "  first buffer after " + milliseconds(record, "first_buffer") + " ms\n";
  }
  text += net_rows(record);
  if (!record.contains("elements")) return text;
  text += format("%-28s %10s %43s %43s %6s\n", "element", "buffers",
                 "processing p50/p95/p99/max ms", "queueing p50/p95/p99/max ms", "busy %");
  for (const PerfRecord& element : record["elements"]) text += element_row(element);
  return text;
}

}  // namespace gsttorch
