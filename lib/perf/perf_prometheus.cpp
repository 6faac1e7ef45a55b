// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// perfmeter's output for Prometheus.
#include <algorithm>
#include <cctype>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/format.h"
#include "lib/perf/perf_output.h"

namespace gsttorch {
namespace {

constexpr char kPrefix[] = "gsttorch_perf_";

struct Family {
  const char* key;   // in the record
  const char* name;  // after the prefix
  const char* type;
  const char* help;
  double scale = 1;
};

constexpr double kSeconds = 1e-9;

constexpr Family kStreamFamilies[] = {
    {"buffers", "buffers_total", "counter", "Buffers that passed."},
    {"bytes", "bytes_total", "counter", "Bytes that passed."},
    {"lost", "lost_buffers_total", "counter", "Buffers missing from the stream."},
    {"discontinuities", "discontinuities_total", "counter", "Buffers marked DISCONT."},
    {"stalls", "stalls_total", "counter", "Number of stalls."},
    {"stalled_for", "stalled_seconds", "gauge", "Duration of the current stall.", kSeconds},
    {"rate_now", "rate", "gauge", "Buffers per second in the last interval."},
    {"rate_average", "rate_average", "gauge", "Buffers per second since the first."},
    {"rate_minimum", "rate_minimum", "gauge", "Lowest buffers per second of all intervals."},
    {"bytes_per_second", "bytes_per_second", "gauge", "Bytes per second in the last interval."},
    {"first_buffer", "first_buffer_seconds", "gauge", "Time from start to the first buffer.",
     kSeconds},
    {"source_share", "source_share", "gauge", "Share of time spent waiting for the source."},
    {"interbuffer", "interbuffer_seconds", "summary", "Time between two buffers.", kSeconds},
    {"latency", "latency_seconds", "summary", "Delay behind the clock of a live stream.", kSeconds},
};
constexpr Family kProcessFamilies[] = {
    {"cpu_seconds", "process_cpu_seconds_total", "counter", "CPU time of the process."},
    {"cpu_percent", "process_cpu_percent", "gauge", "CPU time in percent of one CPU."},
    {"rss", "process_resident_bytes", "gauge", "Resident memory."},
    {"rss_peak", "process_resident_peak_bytes", "gauge", "Peak resident memory."},
    {"rss_anon", "process_anonymous_bytes", "gauge", "Resident memory without mapped files."},
    {"read_bytes", "process_read_bytes_total", "counter", "Bytes read by calls."},
    {"written_bytes", "process_written_bytes_total", "counter", "Bytes written by calls."},
    {"read_calls", "process_read_calls_total", "counter", "Calls that read."},
    {"write_calls", "process_write_calls_total", "counter", "Calls that write."},
    {"disk_read_bytes", "process_disk_read_bytes_total", "counter", "Bytes read from disk."},
    {"disk_written_bytes", "process_disk_written_bytes_total", "counter", "Bytes written to disk."},
};
constexpr Family kSystemFamilies[] = {
    {"cpu_percent", "system_cpu_percent", "gauge", "Use of all CPUs, 100 = all busy."},
};
constexpr Family kGpuFamilies[] = {
    {"utilization_percent", "gpu_utilization_percent", "gauge",
     "Share of time that the GPU was busy, in percent."},
    {"memory_used", "gpu_memory_used_bytes", "gauge", "Memory in use, by all processes."},
    {"memory_total", "gpu_memory_total_bytes", "gauge", "Memory of the GPU."},
    {"power_watts", "gpu_power_watts", "gauge", "Power drawn."},
};
constexpr Family kElementFamilies[] = {
    {"buffers", "element_buffers_total", "counter", "Buffers that entered or left an element."},
    {"busy", "element_busy_share", "gauge", "Share of time spent in the element itself."},
    {"full", "element_full_share", "gauge", "Share of time that upstream waited for room."},
    {"level_buffers", "element_level_buffers", "gauge", "Buffers in the queue."},
    {"level_bytes", "element_level_bytes", "gauge", "Bytes in the queue."},
    {"level_time", "element_level_seconds", "gauge", "Time in the queue.", kSeconds},
    {"processing", "element_processing_seconds", "summary",
     "Time from arrival at an element to departure.", kSeconds},
    {"queueing", "element_queueing_seconds", "summary",
     "Time from arrival at a queue to departure.", kSeconds},
};

std::string escaped(const std::string& value) {
  std::string text;
  for (const char c : value) {
    if (c == '\\' || c == '"') text += '\\';
    if (c == '\n') {
      text += "\\n";
    } else {
      text += c;
    }
  }
  return text;
}

using Labels = std::vector<std::pair<std::string, std::string>>;

std::string format_labels(const Labels& labels) {
  std::string text;
  for (const auto& [name, value] : labels) {
    text += text.empty() ? "{" : ",";
    text += name;
    text += "=\"";
    text += escaped(value);
    text += "\"";
  }
  return text + "}";
}

struct Sampled {
  Labels labels;
  const PerfRecord* record;
};

std::string sample(const std::string& name, const Labels& labels, double value) {
  return name + format_labels(labels) + " " + format("%.9g", value) + "\n";
}

std::string count_sample(const std::string& name, const Labels& labels, const PerfRecord& value) {
  return name + format_labels(labels) + " " + value.dump() + "\n";
}

std::string summary_samples(const std::string& name, const Sampled& of, const Family& family) {
  const PerfRecord& duration = (*of.record)[family.key];
  std::string text;
  for (const auto& [key, quantile] :
       {std::pair{"p50", "0.5"}, {"p95", "0.95"}, {"p99", "0.99"}, {"max", "1"}}) {
    Labels labels = of.labels;
    labels.emplace_back("quantile", quantile);
    text += sample(name, labels, duration[key].get<double>() * family.scale);
  }
  const double count = duration["count"].get<double>();
  text += sample(name + "_sum", of.labels, duration["mean"].get<double>() * count * family.scale);
  return text + count_sample(name + "_count", of.labels, duration["count"]);
}

std::string format_family(const Family& family, const std::vector<Sampled>& all) {
  const std::string name = std::string(kPrefix) + family.name;
  std::string samples;
  for (const Sampled& one : all) {
    if (!one.record->contains(family.key)) continue;
    const PerfRecord& value = (*one.record)[family.key];
    if (family.type == std::string_view("summary")) {
      samples += summary_samples(name, one, family);
    } else if (value.is_number_integer() && family.scale == 1) {
      samples += count_sample(name, one.labels, value);
    } else {
      samples += sample(name, one.labels, value.get<double>() * family.scale);
    }
  }
  if (samples.empty()) return {};
  return "# HELP " + name + " " + family.help + "\n# TYPE " + name + " " + family.type + "\n" +
         samples;
}

template <std::size_t N>
std::string format_families(const Family (&families)[N], const std::vector<Sampled>& all) {
  std::string text;
  for (const Family& family : families) text += format_family(family, all);
  return text;
}

std::vector<Sampled> each_of(const PerfRecord& record, const char* key, const Labels& meter,
                             const std::vector<std::pair<const char*, const char*>>& labels) {
  std::vector<Sampled> all;
  if (!record.contains(key)) return all;
  for (const PerfRecord& one : record[key]) {
    Sampled sampled{meter, &one};
    for (const auto& [label, field] : labels) {
      if (!one.contains(field)) continue;
      const PerfRecord& value = one[field];
      sampled.labels.emplace_back(label,
                                  value.is_string() ? value.get<std::string>() : value.dump());
    }
    all.push_back(std::move(sampled));
  }
  return all;
}

// Makes the name valid and unique among the labels.
void add_label(Labels& labels, std::string name, const std::string& value) {
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  const auto is_taken = [&] {
    return name == "field" || std::any_of(labels.begin(), labels.end(),
                                          [&](const auto& label) { return label.first == name; });
  };
  while (is_taken()) name.insert(0, "entry_");
  labels.emplace_back(std::move(name), value);
}

// Adds labels that distinguish the entries of a list: its strings, or its first field if it has no
// strings.
Labels with_entry(Labels labels, const PerfRecord& entry) {
  const std::size_t before = labels.size();
  for (const auto& [key, value] : entry.items()) {
    if (value.is_string()) add_label(labels, key, value.get<std::string>());
  }
  if (labels.size() == before && entry.front().is_number()) {
    add_label(labels, entry.items().begin().key(), entry.front().dump());
  }
  return labels;
}

// Names of element statistics are not known in advance: one label contains them.
class ReportedSamples {
 public:
  explicit ReportedSamples(std::string& text) : text_(text) {}

  void add(const PerfRecord& stats, const std::string& path, const Labels& labels) {
    for (const auto& [key, value] : stats.items()) {
      const std::string field = path.empty() ? key : path + "." + key;
      if (value.is_object()) add(value, field, labels);
      if (value.is_array()) add_entries(value, field, labels);
      if (value.is_number()) add_number(value, field, labels);
    }
  }

 private:
  // Of entries with equal labels, adds only the first: a sample's name and labels must be unique.
  void add_entries(const PerfRecord& entries, const std::string& path, const Labels& labels) {
    std::set<Labels> seen;
    for (const PerfRecord& entry : entries) {
      if (!entry.is_object() || entry.empty()) continue;
      const auto [own, is_new] = seen.insert(with_entry(labels, entry));
      if (is_new) add(entry, path, *own);
    }
  }

  void add_number(const PerfRecord& value, const std::string& field, Labels labels) {
    labels.emplace_back("field", field);
    text_ += sample(std::string(kPrefix) + "reported", labels, value.get<double>());
  }

  std::string& text_;
};

std::string format_models(const PerfRecord& record, const Labels& meter) {
  std::string samples;
  for (const PerfRecord& model : record.value("reports", PerfRecord::array())) {
    Labels labels = meter;
    labels.emplace_back("element", model["name"].get<std::string>());
    ReportedSamples(samples).add(model["stats"], "", labels);
  }
  if (samples.empty()) return {};
  const std::string name = std::string(kPrefix) + "reported";
  return "# HELP " + name + " Figures that an element reports.\n# TYPE " + name + " gauge\n" +
         samples;
}

}  // namespace

std::string to_prometheus(const PerfRecord& record) {
  const Labels meter{{"meter", record.value("source", std::string("perfmeter"))}};
  std::string text = format_families(kStreamFamilies, {{meter, &record}});
  if (record.contains("process")) {
    text += format_families(kProcessFamilies, {{meter, &record["process"]}});
  }
  if (record.contains("system")) {
    text += format_families(kSystemFamilies, {{meter, &record["system"]}});
  }
  text += format_families(kGpuFamilies, each_of(record, "gpu", meter, {{"gpu", "index"}}));
  text += format_families(kElementFamilies, each_of(record, "elements", meter,
                                                    {{"element", "name"}, {"factory", "factory"}}));
  return text + format_models(record, meter);
}

}  // namespace gsttorch
