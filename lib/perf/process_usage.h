// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gsttorch {

struct ThreadUsage {
  int id = 0;
  std::string name;
  std::uint64_t cpu_ticks = 0;
};

/// What the kernel tells of a process in /proc. Absent: it does not tell (no such file, another
/// kernel, not allowed), which is never the same as nothing.
struct ProcessUsage {
  std::optional<std::uint64_t> cpu_ticks;  ///< user and system, of all threads there were
  std::vector<ThreadUsage> threads;
  std::optional<std::uint64_t> rss;       ///< bytes
  std::optional<std::uint64_t> rss_peak;  ///< bytes
  std::optional<std::uint64_t> rss_anon;  ///< bytes: without files that are mapped
  // From reads and writes of any kind, a pipe's and the page cache's too.
  std::optional<std::uint64_t> read_bytes;
  std::optional<std::uint64_t> written_bytes;
  std::optional<std::uint64_t> read_calls;
  std::optional<std::uint64_t> write_calls;
  // What went to and from the disk itself.
  std::optional<std::uint64_t> disk_read_bytes;
  std::optional<std::uint64_t> disk_written_bytes;
};

/// All CPUs together, ticks since the machine started.
struct SystemUsage {
  std::uint64_t busy_ticks = 0;
  std::uint64_t total_ticks = 0;
};

/// `proc` is where the kernel shows processes.
ProcessUsage read_process_usage(const std::string& proc = "/proc");
std::optional<SystemUsage> read_system_usage(const std::string& proc = "/proc");
/// What one second of one CPU is in ticks.
double ticks_per_second();

}  // namespace gsttorch
