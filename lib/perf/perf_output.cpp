// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/perf/perf_output.h"

#include <algorithm>
#include <map>

#include "lib/formats/output_file.h"

namespace gsttorch {
namespace {

void set(PerfRecord& record, const char* key, const std::optional<std::uint64_t>& value) {
  if (value) record[key] = *value;
}

double percent_of_one(std::uint64_t ticks, std::uint64_t nanoseconds) {
  return static_cast<double>(ticks) / ticks_per_second() * 1e11 / static_cast<double>(nanoseconds);
}

PerfRecord threads_of(const UsageReading& before, const UsageReading& now) {
  std::map<int, std::uint64_t> earlier;
  for (const ThreadUsage& thread : before.process.threads) earlier[thread.id] = thread.cpu_ticks;
  PerfRecord threads = PerfRecord::array();
  for (const ThreadUsage& thread : now.process.threads) {
    const auto at = earlier.find(thread.id);
    const std::uint64_t start = at == earlier.end() ? 0 : std::min(at->second, thread.cpu_ticks);
    threads.push_back(
        {{"name", thread.name},
         {"id", thread.id},
         {"cpu_percent", percent_of_one(thread.cpu_ticks - start, now.time - before.time)}});
  }
  return threads;
}

void add_cpu_time(PerfRecord& process, const UsageReading& before, const UsageReading& now) {
  if (!now.process.cpu_ticks) return;
  process["cpu_seconds"] = static_cast<double>(*now.process.cpu_ticks) / ticks_per_second();
  if (!before.process.cpu_ticks || now.time <= before.time) return;
  process["cpu_percent"] =
      percent_of_one(*now.process.cpu_ticks - *before.process.cpu_ticks, now.time - before.time);
  if (!now.process.threads.empty()) process["threads"] = threads_of(before, now);
}

}  // namespace

PerfRecord to_record(const DurationSummary& summary) {
  return {{"count", summary.count}, {"mean", summary.mean}, {"p50", summary.p50},
          {"p95", summary.p95},     {"p99", summary.p99},   {"max", summary.max}};
}

void blame_slowest_model(PerfRecord& record) {
  if (!record.contains("bottleneck_element") || !record.contains("reports")) return;
  std::string slowest;
  double most = -1;
  bool is_model = false;
  for (const PerfRecord& report : record["reports"]) {
    const PerfRecord& stats = report.at("stats");
    // Elements of other plugins may have a property with this name.
    if (!stats.contains("inference_ms") || !stats["inference_ms"].is_number()) continue;
    const auto ms = stats["inference_ms"].get<double>();
    is_model |= report["name"] == record["bottleneck_element"];
    if (ms <= most) continue;
    most = ms;
    slowest = report["name"].get<std::string>();
  }
  if (!is_model) return;
  record["bottleneck"] = slowest;
  record["bottleneck_element"] = slowest;
}

void add_usage(PerfRecord& record, const UsageReading& before, const UsageReading& now) {
  PerfRecord process = PerfRecord::object();
  add_cpu_time(process, before, now);
  set(process, "rss", now.process.rss);
  set(process, "rss_peak", now.process.rss_peak);
  set(process, "rss_anon", now.process.rss_anon);
  set(process, "read_bytes", now.process.read_bytes);
  set(process, "written_bytes", now.process.written_bytes);
  set(process, "read_calls", now.process.read_calls);
  set(process, "write_calls", now.process.write_calls);
  set(process, "disk_read_bytes", now.process.disk_read_bytes);
  set(process, "disk_written_bytes", now.process.disk_written_bytes);
  if (!process.empty()) record["process"] = std::move(process);
  if (!before.system || !now.system || now.system->total_ticks <= before.system->total_ticks) {
    return;
  }
  const auto busy = static_cast<double>(now.system->busy_ticks - before.system->busy_ticks);
  const auto total = static_cast<double>(now.system->total_ticks - before.system->total_ticks);
  record["system"] = {{"cpu_percent", 100 * busy / total}};
}

std::string to_json_line(const PerfRecord& record) {
  return record.dump(-1, ' ', false, PerfRecord::error_handler_t::replace) + "\n";
}

Result<void> replace_file(const std::string& path, const std::string& text) {
  return write_whole_file(path, text);
}

}  // namespace gsttorch
