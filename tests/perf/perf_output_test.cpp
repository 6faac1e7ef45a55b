// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/perf/perf_output.h"

#include <filesystem>
#include <regex>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temp_directory.h"

namespace gsttorch {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

PerfRecord some_duration() {
  return to_record({.count = 4,
                    .mean = 2000000,
                    .p50 = 1500000,
                    .p95 = 3000000,
                    .p99 = 3500000,
                    .max = 4000000});
}

PerfRecord some_record() {
  return {
      {"source", "perfmeter0"},
      {"buffers", 25},
      {"lost", 2},
      {"rate_average", 24.5},
      {"bottleneck", "source"},
      {"interbuffer", some_duration()},
      {"process", {{"rss", 3145728}}},
      {"gpu", {{{"index", 0}, {"memory_used", 1024}}}},
      {"elements",
       {{{"name", "a \"queue\""},
         {"factory", "queue"},
         {"buffers", 7},
         {"queueing", some_duration()}}}},
      {"reports",
       {{{"name", "raftflow0"}, {"stats", {{"frames", 3}, {"runtime", {{"cache_hits", 5}}}}}}}}};
}

TEST(PerfOutput, json_is_one_line_that_holds_the_record) {
  const std::string line = to_json_line(some_record());
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(PerfRecord::parse(line), some_record());
}

TEST(PerfOutput, a_line_for_people_says_the_most_important) {
  EXPECT_EQ(to_readable_line(some_record()),
            "perfmeter0: 25 buffers | rate 24.50/s average | 2 lost | bottleneck source | RSS 3.0 "
            "MiB | GPU 0 0.0 MiB\n");
}

TEST(PerfOutput, a_table_has_a_row_for_each_element) {
  const std::string table = to_table(some_record());
  EXPECT_THAT(table, HasSubstr("a \"queue\""));
  EXPECT_THAT(table, HasSubstr("1.500      3.000      3.500      4.000"));
}

TEST(PerfOutput, a_table_has_the_times_of_each_model) {
  PerfRecord record = some_record();
  EXPECT_THAT(to_table(record), Not(HasSubstr("raftflow0")));  // it has processed nothing
  record["reports"][0]["stats"] = {
      {"load_ms", 310.0},   {"frame_ms", 33.125},
      {"batch_fill", 0.75}, {"batch_sizes", {{{"size", 2}, {"batches", 4}, {"batch_ms", 60.5}}}},
      {"skipped", 3},       {"runtime", {{"cache_hits", 5}, {"memory_peak", 3145728}}}};
  EXPECT_THAT(
      to_table(record),
      HasSubstr("  raftflow0: loaded in 310.0 ms, 33.12 ms a frame, batches 75 % full, "
                "4 x 2 in 60.50 ms each, 3 skipped, 5 cache hits, tensors at most 3.0 MiB\n"));
}

// Checks the grammar of the text format, and that all samples of a metric follow its type.
void expect_prometheus(const std::string& text) {
  const std::regex comment(R"(# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.+))");
  const std::regex sample(R"re(([a-zA-Z_:][\w:]*)\{((\w+="([^"\\\n]|\\["\\n])*",?)*)\} (\S+))re");
  std::istringstream lines(text);
  std::string line, family;
  for (; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, comment)) {
      if (match[1] == "HELP") family = match[2];
      EXPECT_EQ(match[2], family) << line;
      continue;
    }
    ASSERT_TRUE(std::regex_match(line, match, sample)) << line;
    EXPECT_TRUE(match[1] == family || match[1] == family + "_sum" || match[1] == family + "_count")
        << line;
    std::size_t used = 0;
    std::stod(match[5], &used);
    EXPECT_EQ(used, match[5].length()) << line;
  }
}

// A summary has the sum of all durations beside their count, so that a rate can be computed.
TEST(PerfOutput, prometheus_summaries_have_a_sum_and_a_count) {
  PerfRecord record = some_record();
  record["elements"][0]["queueing"] = {{"count", 4},       {"mean", 1'500'000}, {"p50", 1'500'000},
                                       {"p95", 3'000'000}, {"p99", 3'500'000},  {"max", 4'000'000}};
  const std::string name = "gsttorch_perf_element_queueing_seconds";
  const std::string text = to_prometheus(record);
  EXPECT_THAT(text, ContainsRegex(name + "_sum.*queue.* 0\\.006\n"));
  EXPECT_THAT(text, ContainsRegex(name + "_count.*queue.* 4\n"));
}

TEST(PerfOutput, prometheus_text_follows_its_grammar) {
  const std::string text = to_prometheus(some_record());
  expect_prometheus(text);
  EXPECT_THAT(text, HasSubstr("# TYPE gsttorch_perf_buffers_total counter\n"
                              "gsttorch_perf_buffers_total{meter=\"perfmeter0\"} 25\n"));
  EXPECT_THAT(text, HasSubstr("gsttorch_perf_element_queueing_seconds{meter=\"perfmeter0\",element="
                              "\"a \\\"queue\\\"\",factory=\"queue\",quantile=\"0.5\"} 0.0015\n"));
  EXPECT_THAT(text, HasSubstr("element=\"raftflow0\",field=\"runtime.cache_hits\"} 5\n"));
}

TEST(PerfOutput, prometheus_has_a_sample_for_each_entry_of_a_reported_list) {
  PerfRecord record = some_record();
  record["reports"][0]["stats"] = {
      {"batch_sizes",
       {{{"size", 1}, {"batches", 4}, {"batch_ms", 20.5}},
        {{"size", 2}, {"batches", 3}, {"batch_ms", 30.5}}}},
      {"runtime",
       {{"memory",
         {{{"model", "raft"}, {"stage", "encode"}, {"peak", 7}},
          {{"model", "raft"}, {"stage", "update"}, {"peak", 8}},
          {{"model", "raft"}, {"stage", "update"}, {"peak", 9}}}}}},
      {"numbers", {1, 2}},
      {"odd.list", {{{"a.name", "x\ny"}, {"element", "z"}, {"n", 1}}, PerfRecord::object()}}};
  const std::string text = to_prometheus(record);
  expect_prometheus(text);
  const auto reported = [](const std::string& labels) {
    return HasSubstr("gsttorch_perf_reported{meter=\"perfmeter0\",element=\"raftflow0\"," + labels +
                     "\n");
  };
  EXPECT_THAT(text, reported(R"(size="2",field="batch_sizes.batch_ms"} 30.5)"));
  EXPECT_THAT(text, reported(R"(model="raft",stage="encode",field="runtime.memory.peak"} 7)"));
  EXPECT_THAT(text, reported(R"(model="raft",stage="update",field="runtime.memory.peak"} 8)"));
  EXPECT_THAT(text, Not(reported(R"(model="raft",stage="update",field="runtime.memory.peak"} 9)")));
  EXPECT_THAT(text, reported(R"(a_name="x\ny",entry_element="z",field="odd.list.n"} 1)"));
  EXPECT_THAT(text, Not(HasSubstr("numbers")));
}

TEST(PerfOutput, what_is_absent_from_the_record_is_absent_from_every_output) {
  const PerfRecord bare{{"source", "perfmeter0"}, {"buffers", 0}};
  EXPECT_EQ(to_readable_line(bare), "perfmeter0: 0 buffers\n");
  EXPECT_THAT(to_prometheus(bare), Not(HasSubstr("rate")));
  EXPECT_THAT(to_prometheus(bare), Not(HasSubstr("gpu")));
}

TEST(PerfOutput, cpu_time_is_a_share_of_the_time_between_two_looks) {
  UsageReading before, now;
  before.process.cpu_ticks = 0;
  before.process.threads = {{1, "main", 0}};
  before.system = SystemUsage{10, 100};
  now.process.cpu_ticks = static_cast<std::uint64_t>(ticks_per_second());
  now.process.threads = {{1, "main", *now.process.cpu_ticks / 2}};
  now.system = SystemUsage{60, 200};
  now.time = 2'000'000'000;
  PerfRecord record;
  add_usage(record, before, now);
  EXPECT_DOUBLE_EQ(record["process"]["cpu_percent"], 50);
  EXPECT_DOUBLE_EQ(record["process"]["threads"][0]["cpu_percent"], 25);
  EXPECT_DOUBLE_EQ(record["system"]["cpu_percent"], 50);
}

TEST(PerfOutput, unsupported_usage_is_absent) {
  PerfRecord record = PerfRecord::object();
  add_usage(record, {}, {});
  EXPECT_TRUE(record.empty());
}

TEST(PerfOutput, a_file_is_replaced_as_a_whole) {
  const TempDirectory directory;
  const std::string path = directory.path("a.prom");
  ASSERT_TRUE(replace_file(path, "a long first text\n"));
  ASSERT_TRUE(replace_file(path, "short\n"));
  EXPECT_EQ(read_text(path), "short\n");
  EXPECT_FALSE(std::filesystem::exists(path + ".part"));
}

TEST(PerfOutput, a_file_that_cannot_be_written_is_named) {
  const auto written = replace_file("/nowhere/a.prom", "x");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::NotWritable);
  EXPECT_THAT(written.error().message, HasSubstr("/nowhere/a.prom"));
}

PerfRecord models(const std::string& bottleneck) {
  return {{"bottleneck", bottleneck},
          {"bottleneck_element", bottleneck},
          {"reports",
           {{{"name", "scenedetect0"}, {"stats", {{"inference_ms", 20.0}}}},
            {{"name", "sink0"}, {"stats", {{"dropped", 0}}}},
            {{"name", "loftrmatch0"}, {"stats", {{"inference_ms", 600.0}}}}}}};
}

TEST(PerfOutput, blames_the_model_that_takes_most_time_not_the_one_that_waits_for_it) {
  PerfRecord record = models("scenedetect0");
  blame_slowest_model(record);
  EXPECT_EQ(record["bottleneck"], "loftrmatch0");
  EXPECT_EQ(record["bottleneck_element"], "loftrmatch0");
}

TEST(PerfOutput, passes_over_what_other_elements_report_in_words) {
  PerfRecord record = models("scenedetect0");
  record["reports"][1]["stats"]["inference_ms"] = "unknown";
  blame_slowest_model(record);
  EXPECT_EQ(record["bottleneck"], "loftrmatch0");
}

TEST(PerfOutput, names_no_model_if_the_bottleneck_has_none) {
  PerfRecord record = models("sink0");
  blame_slowest_model(record);
  EXPECT_EQ(record["bottleneck_element"], "sink0");
}

}  // namespace
}  // namespace gsttorch
