// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "lib/base/result.h"
#include "lib/perf/duration_histogram.h"
#include "lib/perf/process_usage.h"

namespace gsttorch {

/// All that a meter knows at one moment: keys in snake_case, times in ns, absent where unknown.
/// docs/elements/perfmeter.md lists them.
using PerfRecord = nlohmann::ordered_json;

/// {"count", "mean", "p50", "p95", "p99", "max"}
PerfRecord to_record(const DurationSummary& summary);

/// What changes between two looks at CPU time is a share of the time between them, in percent
/// of one CPU: absent from the first look.
struct UsageReading {
  ProcessUsage process;
  std::optional<SystemUsage> system;
  std::uint64_t time = 0;  ///< ns
};
/// Sets "process" and "system".
void add_usage(PerfRecord& record, const UsageReading& before, const UsageReading& now);

/// Elements with models share the threads that compute: the one that is found waiting is not the
/// one that takes the time. Where "bottleneck_element" reports "inference_ms", names the element
/// that reports most of it.
void blame_slowest_model(PerfRecord& record);

/// One line, its newline included.
std::string to_json_line(const PerfRecord& record);
/// The same for people, the most important first.
std::string to_readable_line(const PerfRecord& record);
/// For people too: the figures of each element under each other.
std::string to_table(const PerfRecord& record);
/// The text format that Prometheus reads, version 0.0.4.
std::string to_prometheus(const PerfRecord& record);

/// Writes a file that is whole whenever it is looked at: under another name first.
Result<void> replace_file(const std::string& path, const std::string& text);

}  // namespace gsttorch
