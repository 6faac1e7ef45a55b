// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/perf/process_usage.h"

#include <charconv>
#include <filesystem>
#include <sstream>
#include <string_view>

#include <unistd.h>

#include "lib/base/read_file.h"

namespace gsttorch {
namespace {

std::optional<std::uint64_t> leading_number(std::string_view text) {
  const auto start = text.find_first_not_of(" \t");
  if (start == std::string_view::npos) return std::nullopt;
  std::uint64_t number = 0;
  const auto end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data() + start, end, number);
  if (error != std::errc()) return std::nullopt;
  return number;
}

// Reads the number from a line "key: 123".
std::optional<std::uint64_t> field(const std::string& text, const std::string& key) {
  const std::string start = key + ":";
  std::size_t at = text.starts_with(start) ? 0 : text.find("\n" + start);
  if (at == std::string::npos) return std::nullopt;
  at = text.find(':', at) + 1;
  return leading_number(std::string_view(text).substr(at, text.find('\n', at) - at));
}

std::optional<std::uint64_t> kibibytes(const std::string& text, const std::string& key) {
  const auto number = field(text, key);
  if (!number) return std::nullopt;
  return *number * 1024;
}

struct Stat {
  std::string name;
  std::uint64_t cpu_ticks = 0;
};

// Parses "12 (a name) S 1 ..."; the name may contain any character: proc(5).
std::optional<Stat> parse_stat(const std::string& text) {
  constexpr int kBeforeTimes = 11;  // fields between the name and utime
  const auto open = text.find('(');
  const auto close = text.rfind(')');
  if (open == std::string::npos || close == std::string::npos || close < open) return std::nullopt;
  std::istringstream rest(text.substr(close + 1));
  std::string skipped;
  for (int i = 0; i < kBeforeTimes; i++) rest >> skipped;
  std::uint64_t user = 0, system = 0;
  if (!(rest >> user >> system)) return std::nullopt;
  return Stat{text.substr(open + 1, close - open - 1), user + system};
}

std::vector<ThreadUsage> read_threads(const std::string& directory) {
  std::vector<ThreadUsage> threads;
  std::error_code failed;  // threads may start and end during the iteration
  std::filesystem::directory_iterator entry(directory, failed);
  for (const std::filesystem::directory_iterator end; !failed && entry != end;
       entry.increment(failed)) {
    const auto id = leading_number(entry->path().filename().string());
    const auto stat = parse_stat(read_file(entry->path().string() + "/stat"));
    if (id && stat) threads.push_back({static_cast<int>(*id), stat->name, stat->cpu_ticks});
  }
  return threads;
}

}  // namespace

ProcessUsage read_process_usage(const std::string& proc) {
  ProcessUsage usage;
  const std::string self = proc + "/self/";
  if (const auto stat = parse_stat(read_file(self + "stat"))) usage.cpu_ticks = stat->cpu_ticks;
  usage.threads = read_threads(self + "task");
  const std::string status = read_file(self + "status");
  usage.rss = kibibytes(status, "VmRSS");
  usage.rss_peak = kibibytes(status, "VmHWM");
  usage.rss_anon = kibibytes(status, "RssAnon");
  const std::string io = read_file(self + "io");
  usage.read_bytes = field(io, "rchar");
  usage.written_bytes = field(io, "wchar");
  usage.read_calls = field(io, "syscr");
  usage.write_calls = field(io, "syscw");
  usage.disk_read_bytes = field(io, "read_bytes");
  usage.disk_written_bytes = field(io, "write_bytes");
  return usage;
}

std::optional<SystemUsage> read_system_usage(const std::string& proc) {
  constexpr int kIdle = 3, kWaiting = 4, kFields = 8;  // "user" already includes guest time
  std::istringstream line(read_file(proc + "/stat"));
  std::string cpu;
  line >> cpu;
  SystemUsage usage;
  std::uint64_t ticks = 0;
  int number = 0;
  for (; number < kFields && line >> ticks; number++) {
    usage.total_ticks += ticks;
    if (number != kIdle && number != kWaiting) usage.busy_ticks += ticks;
  }
  if (cpu != "cpu" || number <= kIdle) return std::nullopt;
  return usage;
}

double ticks_per_second() { return static_cast<double>(sysconf(_SC_CLK_TCK)); }

}  // namespace gsttorch
