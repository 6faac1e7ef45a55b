// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <cstdlib>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/gst/perfmeter/perfmeter_fixture.h"
#include "tests/support/gst_pipeline.h"
#include "tests/support/gst_support.h"
#include "tests/support/log_lines.h"
#include "tests/support/temp_directory.h"

namespace gsttorch {
namespace {

using nlohmann::json;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr char kCaps[] = "video/x-raw,format=RGB,width=8,height=4,framerate=25/1";
constexpr char kGpuVariables[][24] = {"FAKE_NVML_FREE_MB", "FAKE_NVML_UTILIZATION",
                                      "FAKE_NVML_POWER"};

Ref<GstBuffer> make_frame(guint64 index) {
  auto frame = make_buffer(8 * 4 * 3);
  GST_BUFFER_PTS(frame.get()) = index * 40 * GST_MSECOND;
  GST_BUFFER_DURATION(frame.get()) = 40 * GST_MSECOND;
  return frame;
}

TEST(PerfMeter, passes_the_very_same_buffers_of_any_kind) {
  Harness harness(gst_element_factory_make("perfmeter", nullptr));
  harness.set_caps("application/x-anything");
  const auto buffer = make_buffer(7);
  EXPECT_EQ(harness.push_and_pull(buffer).get(), buffer.get());
}

TEST(PerfMeter, counts_buffers_and_bytes) {
  Harness harness(gst_element_factory_make("perfmeter", nullptr));
  harness.set_caps("application/x-anything");
  for (const gsize size : {3, 4, 5}) harness.push_and_pull(make_buffer(size));
  const Record stats = stats_of(harness.element());
  EXPECT_EQ(stats.number("buffers"), 3u);
  EXPECT_EQ(stats.number("bytes"), 12u);
  EXPECT_EQ(stats.inner("interbuffer").number("count"), 2u);
  EXPECT_TRUE(stats.has("first-buffer"));
}

TEST(PerfMeter, takes_the_size_of_raw_video_from_its_caps) {
  Harness harness(gst_element_factory_make("perfmeter", nullptr));
  harness.set_caps(kCaps);
  harness.push_and_pull(make_buffer(1));
  EXPECT_EQ(stats_of(harness.element()).number("bytes"), 8u * 4 * 3);
}

TEST(PerfMeter, counts_the_frames_that_are_missing) {
  Harness harness(gst_element_factory_make("perfmeter", nullptr));
  harness.set_caps(kCaps);
  for (const guint64 index : {0, 1, 4}) harness.push_and_pull(make_frame(index));
  EXPECT_EQ(stats_of(harness.element()).number("lost"), 2u);
}

TEST(PerfMeter, a_flush_loses_nothing) {
  Harness harness(gst_element_factory_make("perfmeter", nullptr));
  harness.set_caps(kCaps);
  harness.push_and_pull(make_frame(0));
  harness.push_event(gst_event_new_flush_start());
  harness.push_event(gst_event_new_flush_stop(FALSE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  harness.push_event(gst_event_new_segment(&segment));
  harness.push_and_pull(make_frame(100));
  const Record stats = stats_of(harness.element());
  EXPECT_EQ(stats.number("buffers"), 2u);
  EXPECT_EQ(stats.number("lost"), 0u);
}

TEST(PerfMeter, logs_what_it_does) {
  LogLines log("perfmeter", GST_LEVEL_DEBUG);
  last_of("fakesrc num-buffers=3 ! perfmeter interval=0 measure=pipeline ! fakesink name=end");
  const auto lines = log.lines();
  EXPECT_THAT(lines, Contains("watches end from now on"));
  EXPECT_THAT(lines, Contains("starts: every 0:00:00.000000000, with the elements of the bin"));
  EXPECT_THAT(lines, Contains(StartsWith("event: segment event")));
  EXPECT_THAT(lines, Contains("reports (eos) after 3 buffers"));
  EXPECT_EQ(lines.back(), "stopped after 3 buffers");
}

TEST(PerfMeter, a_gap_that_upstream_announces_loses_nothing) {
  Harness harness(gst_element_factory_make("perfmeter", nullptr));
  harness.set_caps(kCaps);
  harness.push_and_pull(make_frame(0));
  harness.push_event(gst_event_new_gap(40 * GST_MSECOND, 400 * GST_MSECOND));
  harness.push_and_pull(make_frame(11));
  harness.push_and_pull(make_frame(13));  // frame 12 is lost
  EXPECT_EQ(stats_of(harness.element()).number("lost"), 1u);
}

TEST(PerfMeter, reports_everything_of_a_stream_after_the_end_of_another) {
  Harness harness(gst_element_factory_make("perfmeter", nullptr));
  harness.set_caps(kCaps);
  const auto next_reason = [&] {
    const auto message = harness.bus.pop(GST_MESSAGE_ELEMENT);
    if (!message) return std::string("no message");
    return Record(gst_structure_copy(gst_message_get_structure(message.get()))).text("reason");
  };
  harness.push_and_pull(make_frame(0));
  harness.push_event(gst_event_new_eos());
  EXPECT_EQ(next_reason(), "eos");
  harness.push_event(gst_event_new_stream_start("another"));
  harness.set_caps(kCaps);
  harness.push_and_pull(make_frame(0));
  gst_element_set_state(harness.element(), GST_STATE_NULL);  // without EOS
  EXPECT_EQ(next_reason(), "stop");
}

TEST(PerfMeter, reports_everything_at_the_end_of_the_stream) {
  const Record last =
      last_of("videotestsrc num-buffers=20 ! perfmeter interval=0 name=m ! fakesink");
  EXPECT_EQ(last.text("source"), "m");
  EXPECT_EQ(last.number("buffers"), 20u);
  EXPECT_GT(last.real("rate-average"), 0);
  EXPECT_GT(last.inner("process").number("rss"), 0u);
  EXPECT_FALSE(last.has("latency"));   // not live
  EXPECT_FALSE(last.has("elements"));  // not requested
}

TEST(PerfMeter, reports_at_each_interval_without_a_main_loop) {
  const auto pipeline = parse("videotestsrc is-live=true ! perfmeter interval=50000000 ! fakesink");
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  const Record first = wait_for(pipeline.get(), "interval");
  const Record second = wait_for(pipeline.get(), "interval");
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  ASSERT_TRUE(second);
  EXPECT_GT(second.number("elapsed"), first.number("elapsed"));
}

TEST(PerfMeter, tells_the_latency_of_a_live_stream) {
  const Record last = last_of(
      "videotestsrc is-live=true num-buffers=10 ! identity sleep-time=20000 ! perfmeter interval=0 "
      "! fakesink sync=false");
  EXPECT_GE(last.inner("latency").number("p50"), 19'700'000u);  // within the histogram's error
}

TEST(PerfMeter, notices_when_no_buffer_comes) {
  const auto pipeline =
      parse("appsrc name=source ! perfmeter interval=0 stall-timeout=20000000 ! fakesink async=0");
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  const Record stall = wait_for(pipeline.get(), "stall");
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  ASSERT_TRUE(stall);
  EXPECT_GE(stall.number("stalled-for"), 20'000'000u);
  EXPECT_EQ(stall.number("stalls"), 1u);
}

TEST(PerfMeter, times_each_element_of_its_bin) {
  const Record last = last_of(
      "videotestsrc num-buffers=30 ! identity name=slow sleep-time=3000 ! perfmeter interval=0 "
      "measure=pipeline ! identity name=fast ! fakesink");
  const Record slow = last.entry("elements", "slow");
  EXPECT_EQ(slow.number("buffers"), 30u);
  EXPECT_EQ(slow.text("factory"), "identity");
  EXPECT_EQ(slow.inner("processing").number("count"), 30u);
  EXPECT_GE(slow.inner("processing").number("p50"), 2'950'000u);  // within the histogram's error
  EXPECT_GE(slow.inner("processing").number("max"), 3'000'000u);
  EXPECT_LT(last.entry("elements", "fast").inner("processing").number("p50"), 3'000'000u);
  EXPECT_FALSE(slow.has("queueing"));
  EXPECT_FALSE(last.has("process"));  // not requested
}

TEST(PerfMeter, times_what_waits_in_queues_and_tells_their_levels) {
  const Record last = last_of(
      "videotestsrc num-buffers=30 ! queue name=q max-size-buffers=4 ! identity sleep-time=3000 ! "
      "perfmeter interval=0 measure=pipeline ! fakesink");
  const Record queue = last.entry("elements", "q");
  // A buffer at the end of the queue waits for those before it.
  EXPECT_GE(queue.inner("queueing").number("max"), 3'000'000u);
  EXPECT_GE(queue.inner("queueing").number("count"), 25u);
  EXPECT_TRUE(queue.has("level-buffers"));
  EXPECT_TRUE(queue.has("level-bytes"));
  EXPECT_TRUE(queue.has("level-time"));
}

TEST(PerfMeter, pairs_what_enters_and_leaves_each_pad_of_a_multiqueue) {
  const Record last = last_of(
      "multiqueue name=q videotestsrc num-buffers=10 ! q.sink_0 q.src_0 ! perfmeter interval=0 "
      "measure=pipeline ! fakesink videotestsrc num-buffers=10 ! q.sink_1 q.src_1 ! fakesink");
  EXPECT_GE(last.entry("elements", "q").inner("queueing").number("count"), 10u);
}

TEST(PerfMeter, times_an_element_that_very_many_buffers_pass_in_turns) {
  const Record last = last_of(
      "fakesrc num-buffers=200000 ! identity name=light ! perfmeter interval=0 measure=pipeline ! "
      "fakesink");
  EXPECT_EQ(last.number("buffers"), 200000u);
  const Record light = last.entry("elements", "light");
  EXPECT_FALSE(light.has("buffers"));  // most buffers are not sampled
  EXPECT_LT(light.real("watched-share"), 0.9);
  EXPECT_LT(light.inner("processing").number("count"), 190000u);
  EXPECT_GT(light.inner("processing").number("count"), 0u);
}

TEST(PerfMeter, watches_elements_in_bins_and_those_that_come_later) {
  const auto pipeline = parse(
      "videotestsrc is-live=true ! ( identity name=inside ) ! perfmeter name=m measure=pipeline ! "
      "fakesink");
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  gst_element_get_state(pipeline.get(), nullptr, nullptr, GST_CLOCK_TIME_NONE);
  GstElement* later = gst_element_factory_make("identity", "later");
  gst_bin_add(GST_BIN(pipeline.get()), later);
  const auto meter = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "m"));
  Record stats = stats_of(meter.get());
  EXPECT_TRUE(stats.entry("elements", "inside"));
  EXPECT_TRUE(stats.entry("elements", "later"));
  gpointer alive = later;
  g_object_add_weak_pointer(G_OBJECT(later), &alive);
  gst_bin_remove(GST_BIN(pipeline.get()), later);
  EXPECT_FALSE(stats_of(meter.get()).entry("elements", "later"));
  // Another thread may be iterating over the bin's elements.
  for (int i = 0; alive && i < 1000; i++) g_usleep(10000);
  EXPECT_EQ(alive, nullptr);
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
}

TEST(PerfMeter, lets_go_of_everything_when_it_is_stopped) {
  auto pipeline = parse(
      "videotestsrc num-buffers=3 ! identity name=i ! perfmeter "
      "measure=pipeline ! fakesink");
  gpointer element = gst_bin_get_by_name(GST_BIN(pipeline.get()), "i");
  g_object_add_weak_pointer(G_OBJECT(element), &element);
  gst_object_unref(element);
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  wait_for(pipeline.get(), "eos");
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  pipeline = {};
  EXPECT_EQ(element, nullptr);
}

TEST(PerfMeter, counts_again_each_time_it_is_started) {
  const auto pipeline =
      parse("videotestsrc num-buffers=3 ! perfmeter name=m interval=0 ! fakesink");
  for (int round = 0; round < 2; round++) {
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    const Record last = wait_for(pipeline.get(), "eos");
    ASSERT_TRUE(last);
    EXPECT_EQ(last.number("buffers"), 3u);
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  }
}

TEST(PerfMeter, collects_the_reports_of_elements) {
  const Record last =
      last_of("videotestsrc num-buffers=20 ! perfmeter interval=0 ! fakesink name=end");
  const Record report = last.entry("reports", "end");
  ASSERT_TRUE(report);
  EXPECT_EQ(report.inner("stats").number("dropped"), 0u);
}

// The last element message with that name before EOS.
Record last_message(const std::string& launch_line, const char* name) {
  const auto pipeline = parse(launch_line);
  const auto bus = Ref<GstBus>::adopt(gst_element_get_bus(pipeline.get()));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  const auto types = static_cast<GstMessageType>(GST_MESSAGE_ELEMENT | GST_MESSAGE_EOS);
  Record last(nullptr);
  while (true) {
    const auto message =
        Ref<GstMessage>::adopt(gst_bus_timed_pop_filtered(bus.get(), 20 * GST_SECOND, types));
    if (!message || GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_EOS) break;
    if (!gst_message_has_name(message.get(), name)) continue;
    last = Record(gst_structure_copy(gst_message_get_structure(message.get())));
  }
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  return last;
}

TEST(PerfMeterProgress, tells_percentage_rate_and_stages) {
  const TempDirectory directory;
  const Record told = last_message(
      "videotestsrc num-buffers=25 ! video/x-raw,framerate=25/1,width=64,height=64 ! jpegenc ! "
      "jpegdec ! tee name=t ! queue ! perfmeter name=m interval=0 progress=messages ! fakesink t. "
      "! queue ! filesink location=" +
          directory.path("out.raw"),
      "progress");
  ASSERT_TRUE(told);
  EXPECT_EQ(told.text("source"), "m");
  EXPECT_EQ(told.number("buffers"), 25u);
  EXPECT_EQ(told.number("position"), GST_SECOND);
  EXPECT_EQ(told.entry("stages", "decode").number("buffers"), 25u);
  EXPECT_TRUE(told.entry("stages", "write"));
  EXPECT_FALSE(told.entry("stages", "m"));
}

TEST(PerfMeterProgress, leaves_out_stages_whose_buffers_are_no_frames) {
  const TempDirectory directory;
  const Record told = last_message(
      "videotestsrc num-buffers=25 ! video/x-raw,framerate=25/1,width=64,height=64 ! perfmeter "
      "name=m interval=0 progress=messages ! jpegenc ! queue ! matroskamux name=mux ! filesink "
      "location=" +
          directory.path("out.mkv") +
          " audiotestsrc num-buffers=40 ! vorbisenc ! vorbisdec ! vorbisenc ! queue ! mux.",
      "progress");
  ASSERT_TRUE(told);
  EXPECT_EQ(told.number("buffers"), 25u);
  EXPECT_FALSE(told.entry("stages", "write"));
  EXPECT_FALSE(told.entry("stages", "decode"));
}

TEST(PerfMeterProgress, knows_the_end_from_upstream) {
  const Record told = last_message(
      "videotestsrc num-buffers=10 ! video/x-raw,framerate=10/1 ! perfmeter interval=0 "
      "progress=messages ! fakesink",
      "progress");
  ASSERT_TRUE(told);
  EXPECT_DOUBLE_EQ(told.real("percent"), 100);
  EXPECT_EQ(told.number("remaining"), 0u);
}

TEST(PerfMeterProgress, is_not_reported_unless_enabled) {
  EXPECT_FALSE(
      last_message("videotestsrc num-buffers=5 ! perfmeter interval=0 ! fakesink", "progress"));
}

TEST(PerfMeterProgress, line_goes_to_the_standard_error) {
  ::testing::internal::CaptureStderr();
  last_message("videotestsrc num-buffers=5 ! perfmeter interval=0 progress=line ! fakesink",
               "progress");
  const std::string lines = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(lines, StartsWith("100 %, 5 frames"));
}

TEST(PerfMeterFrames, are_a_line_each_with_the_time_in_every_element) {
  const TempDirectory directory;
  const std::string file = directory.path("frames.jsonl");
  last_of(
      "videotestsrc num-buffers=6 ! video/x-raw,framerate=25/1 ! identity name=slow "
      "sleep-time=3000 ! queue name=wait ! perfmeter interval=0 frames-location=" +
      file + " ! fakesink");
  const auto lines = read_lines(file);
  ASSERT_THAT(lines, SizeIs(6));
  const json last = json::parse(lines[5]);
  EXPECT_EQ(last["frame"], 5);
  EXPECT_EQ(last["pts"], 200 * GST_MSECOND);
  EXPECT_GE(last["ms"]["slow"], 3.0);
  EXPECT_TRUE(last["ms"].contains("wait"));
}

TEST(PerfMeterFrames, that_cannot_be_written_are_an_error_before_the_stream_starts) {
  EXPECT_THAT(run_pipeline("videotestsrc ! perfmeter frames-location=/nowhere/x ! fakesink"),
              StartsWith("cannot create /nowhere/x"));
}

TEST(PerfMeterOutput, json_is_a_line_for_each_report) {
  const TempDirectory directory;
  const std::string file = directory.path("perf.jsonl");
  last_of(
      "videotestsrc num-buffers=20 ! perfmeter interval=0 measure=pipeline output=json "
      "output-location=" +
      file + " ! fakesink");
  const auto lines = read_lines(file);
  ASSERT_THAT(lines, SizeIs(1));
  const json record = json::parse(lines[0]);
  EXPECT_EQ(record["reason"], "eos");
  EXPECT_EQ(record["buffers"], 20);
  EXPECT_THAT(record["elements"], SizeIs(3));
}

TEST(PerfMeterOutput, prometheus_is_a_file_that_holds_the_last_report) {
  const TempDirectory directory;
  const std::string file = directory.path("perf.prom");
  last_of("videotestsrc num-buffers=20 ! perfmeter interval=0 output=prometheus output-location=" +
          file + " ! fakesink");
  EXPECT_THAT(read_text(file), HasSubstr("\ngsttorch_perf_buffers_total{meter=\"perfmeter"));
}

TEST(PerfMeterOutput, that_cannot_be_written_is_an_error_before_the_stream_starts) {
  for (const char* output : {"json", "prometheus"}) {
    EXPECT_THAT(
        run_pipeline(std::string("videotestsrc ! perfmeter output-location=/nowhere/x output=") +
                     output + " ! fakesink"),
        StartsWith("cannot create /nowhere/x"));
  }
}

TEST(PerfMeterOutput, to_a_file_needs_its_name) {
  EXPECT_EQ(run_pipeline("videotestsrc ! perfmeter output=json ! fakesink"),
            "output=json requires the path of a file in output-location");
}

// Uses the fake libnvidia-ml.so.1.
class PerfMeterGpu : public ::testing::Test {
 protected:
  PerfMeterGpu() { forget(); }
  ~PerfMeterGpu() override { forget(); }
  static void forget() {
    for (const char* name : kGpuVariables) unsetenv(name);
  }
};

TEST_F(PerfMeterGpu, reports_its_utilization) {
  setenv("FAKE_NVML_FREE_MB", "2048", 1);
  setenv("FAKE_NVML_UTILIZATION", "73", 1);
  // The meter's thread opens NVML.
  const auto pipeline = parse("videotestsrc is-live=true ! perfmeter interval=50000000 ! fakesink");
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  const Record record = wait_for(pipeline.get(), "interval");
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  const Record gpu = record.entry("gpu", nullptr);
  ASSERT_TRUE(gpu);
  EXPECT_EQ(gpu.number("utilization-percent"), 73u);
  EXPECT_EQ(gpu.number("memory-used"), guint64{6} << 30);
  EXPECT_FALSE(gpu.has("power-watts"));  // the driver does not report it
}

TEST_F(PerfMeterGpu, that_fails_is_absent_without_a_message) {
  Harness harness(gst_element_factory_make("perfmeter", nullptr));
  harness.set_caps(kCaps);
  harness.push_and_pull(make_frame(0));
  EXPECT_FALSE(stats_of(harness.element()).has("gpu"));
  gst_element_set_state(harness.element(), GST_STATE_NULL);  // joins the meter's thread
  EXPECT_THAT(harness.bus.take(GST_MESSAGE_WARNING), IsEmpty());
}

TEST_F(PerfMeterGpu, that_fails_although_requested_is_one_warning) {
  GstElement* meter = gst_element_factory_make("perfmeter", nullptr);
  gst_util_set_object_arg(G_OBJECT(meter), "measure", "gpu");
  Harness harness(meter);
  EXPECT_THAT(harness.bus.wait_for(GST_MESSAGE_WARNING), HasSubstr("nvmlInit failed with 9"));
}

}  // namespace
}  // namespace gsttorch
