// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "lib/base/result.h"
#include "lib/perf/duration_histogram.h"
#include "lib/perf/process_usage.h"

namespace gsttorch {

/// All data of a meter at one moment: keys in snake_case, times in ns, unknown values absent.
/// docs/elements/perfmeter.md lists the keys.
using PerfRecord = nlohmann::ordered_json;

/// {"count", "mean", "p50", "p95", "p99", "max"}
PerfRecord to_record(const DurationSummary& summary);

/// CPU usage is computed from two readings, as a percentage of one CPU over the time between them;
/// the first reading has none.
struct UsageReading {
  ProcessUsage process;
  std::optional<SystemUsage> system;
  std::uint64_t time = 0;  ///< ns
};
/// Sets "process" and "system".
void add_usage(PerfRecord& record, const UsageReading& before, const UsageReading& now);

/// Elements with models share the computing threads, so the element sampled as waiting need not be
/// the one that uses the time. If "bottleneck_element" reports "inference_ms", replaces it with the
/// element that reports the largest value.
void blame_slowest_model(PerfRecord& record);

/// Formats one line, including the newline.
std::string to_json_line(const PerfRecord& record);
/// The same for people, most important values first.
std::string to_readable_line(const PerfRecord& record);
/// Also for people: the values of each element in a table.
std::string to_table(const PerfRecord& record);
/// Formats the Prometheus text format, version 0.0.4.
std::string to_prometheus(const PerfRecord& record);

/// Writes the file under another name first and renames it, so that readers always see a complete
/// file.
Result<void> replace_file(const std::string& path, const std::string& text);

}  // namespace gsttorch
