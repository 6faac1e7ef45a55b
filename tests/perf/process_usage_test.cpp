// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/perf/process_usage.h"

#include <filesystem>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/temp_directory.h"

namespace gsttorch {
namespace {

TEST(ProcessUsage, is_that_of_this_process) {
  const ProcessUsage usage = read_process_usage();
  ASSERT_TRUE(usage.rss);
  ASSERT_TRUE(usage.rss_peak);
  ASSERT_TRUE(usage.cpu_ticks);
  EXPECT_GT(*usage.rss, 0u);
  EXPECT_GE(*usage.rss_peak, *usage.rss);
  ASSERT_FALSE(usage.threads.empty());
  EXPECT_EQ(usage.threads.front().id, getpid());
}

TEST(ProcessUsage, memory_that_is_written_to_is_resident) {
  const auto before = read_process_usage().rss_anon;
  const std::vector<char> memory(32 << 20, 1);
  const auto after = read_process_usage().rss_anon;
  ASSERT_TRUE(before && after);
  EXPECT_GE(*after, *before + memory.size() / 2);
}

TEST(ProcessUsage, reads_what_the_kernel_writes) {
  const TempDirectory proc;
  std::filesystem::create_directories(proc.path("self/task/12"));
  write_text(proc.path("self/stat"), "12 (a) b) R 1 2 3 4 5 6 7 8 9 10 100 23 0 0 20\n");
  write_text(proc.path("self/task/12/stat"), "12 (queue:src) S 1 2 3 4 5 6 7 8 9 10 40 2 0\n");
  write_text(proc.path("self/status"),
             "Name:\tx\nVmHWM:\t  200 kB\nVmRSS:\t  100 kB\nRssAnon:\t   60 kB\n");
  write_text(proc.path("self/io"),
             "rchar: 11\nwchar: 12\nsyscr: 13\nsyscw: 14\nread_bytes: 15\nwrite_bytes: 16\n");
  write_text(proc.path("stat"), "cpu  10 1 5 80 4 0 0 0 3 0\ncpu0 1 1 1 1\n");
  const ProcessUsage usage = read_process_usage(proc.path());
  EXPECT_EQ(usage.cpu_ticks, 123u);
  EXPECT_EQ(usage.rss, 100u * 1024);
  EXPECT_EQ(usage.rss_peak, 200u * 1024);
  EXPECT_EQ(usage.rss_anon, 60u * 1024);
  EXPECT_EQ(usage.read_bytes, 11u);
  EXPECT_EQ(usage.written_bytes, 12u);
  EXPECT_EQ(usage.read_calls, 13u);
  EXPECT_EQ(usage.write_calls, 14u);
  EXPECT_EQ(usage.disk_read_bytes, 15u);
  EXPECT_EQ(usage.disk_written_bytes, 16u);
  ASSERT_EQ(usage.threads.size(), 1u);
  EXPECT_EQ(usage.threads[0].name, "queue:src");
  EXPECT_EQ(usage.threads[0].cpu_ticks, 42u);
  const auto system = read_system_usage(proc.path());
  ASSERT_TRUE(system);
  EXPECT_EQ(system->busy_ticks, 16u);
  EXPECT_EQ(system->total_ticks, 100u);
}

TEST(ProcessUsage, what_the_kernel_does_not_tell_is_absent) {
  const TempDirectory proc;
  std::filesystem::create_directories(proc.path("self"));
  write_text(proc.path("self/status"), "VmRSS:\nRssAnon: many kB\n");
  const ProcessUsage usage = read_process_usage(proc.path());
  EXPECT_FALSE(usage.cpu_ticks);
  EXPECT_FALSE(usage.rss);
  EXPECT_FALSE(usage.rss_anon);
  EXPECT_FALSE(usage.read_calls);
  EXPECT_TRUE(usage.threads.empty());
  EXPECT_FALSE(read_system_usage(proc.path()));
}

// Threads may end between the opening and the reading of their files; so do directories fail.
TEST(ProcessUsage, a_thread_that_cannot_be_read_is_left_out) {
  const TempDirectory proc;
  std::filesystem::create_directories(proc.path("self/task/11/stat"));
  std::filesystem::create_directories(proc.path("self/task/12"));
  write_text(proc.path("self/task/12/stat"), "12 (queue:src) S 1 2 3 4 5 6 7 8 9 10 40 2 0\n");
  const ProcessUsage usage = read_process_usage(proc.path());
  ASSERT_EQ(usage.threads.size(), 1u);
  EXPECT_EQ(usage.threads[0].name, "queue:src");
}

}  // namespace
}  // namespace gsttorch
