// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/core/perf_output.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <map>
#include <string_view>

#include "lib/core/output_file.h"

namespace gsttorch {
namespace {

template <typename... Values>
std::string format(const char* pattern, Values... values) {
  char text[256];
  const int size = std::snprintf(text, sizeof text, pattern, values...);
  return std::string(text, std::clamp<int>(size, 0, sizeof text - 1));
}

void set(PerfRecord& record, const char* key, const std::optional<std::uint64_t>& value) {
  if (value) record[key] = *value;
}

double percent_of_one(std::uint64_t ticks, std::uint64_t nanoseconds) {
  return static_cast<double>(ticks) / ticks_per_second() * 1e11 / static_cast<double>(nanoseconds);
}

PerfRecord threads_of(const UsageLook& before, const UsageLook& now) {
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

void add_processor_time(PerfRecord& process, const UsageLook& before, const UsageLook& now) {
  if (!now.process.cpu_ticks) return;
  process["cpu_seconds"] = static_cast<double>(*now.process.cpu_ticks) / ticks_per_second();
  if (!before.process.cpu_ticks || now.time <= before.time) return;
  process["cpu_percent"] =
      percent_of_one(*now.process.cpu_ticks - *before.process.cpu_ticks, now.time - before.time);
  if (!now.process.threads.empty()) process["threads"] = threads_of(before, now);
}

// For people.

std::string milliseconds(const PerfRecord& duration, const char* key) {
  if (!duration.contains(key)) return "-";
  return format("%.3f", duration[key].get<double>() / 1e6);
}

std::string mebibytes(const PerfRecord& bytes) {
  return format("%.1f MiB", bytes.get<double>() / 1048576);
}

std::string duration_text(const char* name, const PerfRecord& duration) {
  return std::string(name) + " " + milliseconds(duration, "p50") + "/" +
         milliseconds(duration, "p95") + "/" + milliseconds(duration, "p99") + "/" +
         milliseconds(duration, "max") + " ms";
}

std::string rates_text(const PerfRecord& record) {
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
  if (record.contains("rate_average")) parts.push_back(rates_text(record));
  if (record.contains("bytes_per_second"))
    parts.push_back(mebibytes(record["bytes_per_second"]) + "/s");
  if (record.value("lost", std::uint64_t{0}) > 0) {
    parts.push_back(std::to_string(record["lost"].get<std::uint64_t>()) + " lost");
  }
  if (record.contains("latency")) parts.push_back(duration_text("latency", record["latency"]));
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

// For Prometheus.

constexpr char kPrefix[] = "gsttorch_perf_";

struct Family {
  const char* key;   // of the record
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
    {"discontinuities", "discontinuities_total", "counter", "Buffers marked as not following."},
    {"stalls", "stalls_total", "counter", "Times that no buffer came for too long."},
    {"stalled_for", "stalled_seconds", "gauge", "Since when no buffer came.", kSeconds},
    {"rate_now", "rate", "gauge", "Buffers per second in the last interval."},
    {"rate_average", "rate_average", "gauge", "Buffers per second since the first."},
    {"rate_minimum", "rate_minimum", "gauge", "Least buffers per second in an interval."},
    {"bytes_per_second", "bytes_per_second", "gauge", "Bytes per second in the last interval."},
    {"first_buffer", "first_buffer_seconds", "gauge", "From start to the first buffer.", kSeconds},
    {"source_share", "source_share", "gauge", "Share of time spent waiting for the source."},
    {"interbuffer", "interbuffer_seconds", "summary", "Between two buffers.", kSeconds},
    {"latency", "latency_seconds", "summary", "Behind the clock, live.", kSeconds},
};
constexpr Family kProcessFamilies[] = {
    {"cpu_seconds", "process_cpu_seconds_total", "counter", "Processor time of the process."},
    {"cpu_percent", "process_cpu_percent", "gauge", "Processor time in percent of one processor."},
    {"rss", "process_resident_bytes", "gauge", "Resident memory."},
    {"rss_peak", "process_resident_peak_bytes", "gauge", "Most resident memory so far."},
    {"rss_anon", "process_anonymous_bytes", "gauge", "Resident memory without mapped files."},
    {"read_bytes", "process_read_bytes_total", "counter", "Bytes read by calls."},
    {"written_bytes", "process_written_bytes_total", "counter", "Bytes written by calls."},
    {"read_calls", "process_read_calls_total", "counter", "Calls that read."},
    {"write_calls", "process_write_calls_total", "counter", "Calls that write."},
    {"disk_read_bytes", "process_disk_read_bytes_total", "counter", "Bytes read from disk."},
    {"disk_written_bytes", "process_disk_written_bytes_total", "counter", "Bytes for the disk."},
};
constexpr Family kSystemFamilies[] = {
    {"cpu_percent", "system_cpu_percent", "gauge", "All processors, 100 = all busy."},
};
constexpr Family kGpuFamilies[] = {
    {"utilization_percent", "gpu_utilization_percent", "gauge", "Time that the GPU worked."},
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
    {"processing", "element_processing_seconds", "summary", "From entering to leaving.", kSeconds},
    {"queueing", "element_queueing_seconds", "summary", "From entering to leaving a queue.",
     kSeconds},
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

std::string labels_text(const Labels& labels) {
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
  return name + labels_text(labels) + " " + format("%.9g", value) + "\n";
}

std::string count_sample(const std::string& name, const Labels& labels, const PerfRecord& value) {
  return name + labels_text(labels) + " " + value.dump() + "\n";
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

std::string family_text(const Family& family, const std::vector<Sampled>& all) {
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
std::string families_text(const Family (&families)[N], const std::vector<Sampled>& all) {
  std::string text;
  for (const Family& family : families) text += family_text(family, all);
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

// What elements say of themselves has names of their own: one label holds them.
void add_model_samples(const PerfRecord& stats, const std::string& path, const Labels& labels,
                       std::string& text) {
  for (const auto& [key, value] : stats.items()) {
    const std::string name = path.empty() ? key : path + "." + key;
    if (value.is_object()) {
      add_model_samples(value, name, labels, text);
    } else if (value.is_number()) {
      Labels all = labels;
      all.emplace_back("field", name);
      text += sample(std::string(kPrefix) + "reported", all, value.get<double>());
    }
  }
}

std::string models_text(const PerfRecord& record, const Labels& meter) {
  std::string samples;
  for (const PerfRecord& model : record.value("reports", PerfRecord::array())) {
    Labels labels = meter;
    labels.emplace_back("element", model["name"].get<std::string>());
    add_model_samples(model["stats"], "", labels, samples);
  }
  if (samples.empty()) return {};
  const std::string name = std::string(kPrefix) + "reported";
  return "# HELP " + name + " What an element reports of itself.\n# TYPE " + name + " gauge\n" +
         samples;
}

}  // namespace

PerfRecord to_record(const DurationSummary& summary) {
  return {{"count", summary.count}, {"mean", summary.mean}, {"p50", summary.p50},
          {"p95", summary.p95},     {"p99", summary.p99},   {"max", summary.max}};
}

void add_usage(PerfRecord& record, const UsageLook& before, const UsageLook& now) {
  PerfRecord process = PerfRecord::object();
  add_processor_time(process, before, now);
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
    text += "  " + duration_text("between buffers p50/p95/p99/max", record["interbuffer"]) + "\n";
  }
  if (record.contains("first_buffer")) {
    text += "  first buffer after " + milliseconds(record, "first_buffer") + " ms\n";
  }
  if (!record.contains("elements")) return text;
  text += format("%-28s %10s %43s %43s %6s\n", "element", "buffers",
                 "processing p50/p95/p99/max ms", "queueing p50/p95/p99/max ms", "busy %");
  for (const PerfRecord& element : record["elements"]) text += element_row(element);
  return text;
}

std::string to_prometheus(const PerfRecord& record) {
  const Labels meter{{"meter", record.value("source", std::string("perfmeter"))}};
  std::string text = families_text(kStreamFamilies, {{meter, &record}});
  if (record.contains("process")) {
    text += families_text(kProcessFamilies, {{meter, &record["process"]}});
  }
  if (record.contains("system")) {
    text += families_text(kSystemFamilies, {{meter, &record["system"]}});
  }
  text += families_text(kGpuFamilies, each_of(record, "gpu", meter, {{"gpu", "index"}}));
  text += families_text(kElementFamilies, each_of(record, "elements", meter,
                                                  {{"element", "name"}, {"factory", "factory"}}));
  return text + models_text(record, meter);
}

Result<void> replace_file(const std::string& path, const std::string& text) {
  return write_whole_file(path,
                          [&](OutputFile& file) { return file.write(text.data(), text.size()); });
}

}  // namespace gsttorch
