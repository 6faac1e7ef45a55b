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

/// A process's data from /proc. Absent means that the kernel does not report the value (no such
/// file, another kernel, no permission), which is not the same as 0.
struct ProcessUsage {
  std::optional<std::uint64_t> cpu_ticks;  ///< user and system, of all past and present threads
  std::vector<ThreadUsage> threads;
  std::optional<std::uint64_t> rss;       ///< bytes
  std::optional<std::uint64_t> rss_peak;  ///< bytes
  std::optional<std::uint64_t> rss_anon;  ///< bytes, excluding mapped files
  // Reads and writes of any kind, including pipes and the page cache.
  std::optional<std::uint64_t> read_bytes;
  std::optional<std::uint64_t> written_bytes;
  std::optional<std::uint64_t> read_calls;
  std::optional<std::uint64_t> write_calls;
  // Data transferred from and to the disk itself.
  std::optional<std::uint64_t> disk_read_bytes;
  std::optional<std::uint64_t> disk_written_bytes;
};

/// Sum over all CPUs, in ticks since boot.
struct SystemUsage {
  std::uint64_t busy_ticks = 0;
  std::uint64_t total_ticks = 0;
};

/// `proc` is the mount point of procfs.
ProcessUsage read_process_usage(const std::string& proc = "/proc");
std::optional<SystemUsage> read_system_usage(const std::string& proc = "/proc");
/// Clock ticks per second of CPU time.
double ticks_per_second();

}  // namespace gsttorch
