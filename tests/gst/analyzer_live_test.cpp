// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Model elements in live pipelines: what they say about latency, and what they do when late.
#include <gst/check/gsttestclock.h>

#include "tests/gst/analyzer_fixture.h"

namespace gsttorch {
namespace {

using testing::Each;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

struct Latency {
  bool live = false;
  GstClockTime min = 0, max = 0;
};

class AnalyzerLive : public AnalyzerTest {
 protected:
  /// Upstream is a live source with a latency of its own.
  void begin_live(GstClockTime min, GstClockTime max, const std::string& caps = kCaps) {
    make();
    pads->upstream_query = [min, max](GstQuery* query) {
      if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY) return false;
      gst_query_set_latency(query, TRUE, min, max);
      return true;
    };
    pads->begin(caps);
    pads->wait_for(3);
    pads->forget();
  }

  Latency latency() {
    const auto query = Ref<GstQuery>::adopt(gst_query_new_latency());
    EXPECT_TRUE(gst_pad_peer_query(pads->sink(), query.get()));
    gboolean live = FALSE;
    Latency answer;
    gst_query_parse_latency(query.get(), &live, &answer.min, &answer.max);
    answer.live = live;
    return answer;
  }
};

TEST_F(AnalyzerLive, adds_nothing_before_it_has_worked) {
  begin_live(10 * GST_MSECOND, GST_CLOCK_TIME_NONE);
  const Latency answer = latency();
  EXPECT_TRUE(answer.live);
  EXPECT_EQ(answer.min, 10 * GST_MSECOND);
  EXPECT_EQ(answer.max, GST_CLOCK_TIME_NONE);
}

TEST_F(AnalyzerLive, adds_look_ahead_and_the_wait_for_a_batch) {
  work.look_ahead = 3;
  properties = {{"batch-size", "2"}, {"batch-timeout", "30000000"}};
  begin_live(10 * GST_MSECOND, 100 * GST_MSECOND);
  const Latency answer = latency();
  // Frames come every 40 ms: a batch of two waits for its timeout.
  EXPECT_EQ(answer.min, (10 + 3 * 40 + 30) * GST_MSECOND);
  // As many frames as fill a batch can wait on top of that.
  EXPECT_EQ(answer.max, (100 + 3 * 40 + 30 + 2 * 40) * GST_MSECOND);
  g_object_set(pads->element(), "batch-size", 1, nullptr);
  EXPECT_EQ(latency().min, (10 + 3 * 40) * GST_MSECOND);
}

TEST_F(AnalyzerLive, counts_the_batch_timeout_where_the_rate_is_unknown) {
  properties = {{"batch-size", "4"}, {"batch-timeout", "70000000"}};
  begin_live(0, 0, "video/x-raw,format=GRAY8,width=16,height=8,framerate=0/1");
  EXPECT_EQ(latency().min, 70 * GST_MSECOND);
}

TEST_F(AnalyzerLive, adds_the_measured_work_and_says_so) {
  work.analyze = [](auto, auto) -> Result<void> {
    g_usleep(30000);
    return {};
  };
  begin_live(0, GST_CLOCK_TIME_NONE);
  pads->bus.take(GST_MESSAGE_LATENCY);
  push_frames(0, 5);
  pads->wait_for(5);
  EXPECT_GE(latency().min, 30 * GST_MSECOND);
  EXPECT_EQ(latency().min, stat("latency"));
  EXPECT_THAT(pads->bus.take(GST_MESSAGE_LATENCY), Not(IsEmpty()));
}

// A frame without a partner takes far less than a pair.
struct NothingYet final : Finding {
  bool has_result() const override { return false; }
};

TEST_F(AnalyzerLive, does_not_take_the_first_frame_of_a_pair_for_the_usual_work) {
  work.analyze = [](std::span<AnalyzedFrame> frames, auto) -> Result<void> {
    for (AnalyzedFrame& frame : frames) {
      if (frame.index == 0) frame.finding = std::make_unique<NothingYet>();
    }
    g_usleep(1000);
    return {};
  };
  begin_live(0, GST_CLOCK_TIME_NONE);
  pads->bus.take(GST_MESSAGE_LATENCY);
  push_frames(0, 1);
  pads->wait_for(1);
  EXPECT_EQ(latency().min, 0u);
  EXPECT_THAT(pads->bus.take(GST_MESSAGE_LATENCY), SizeIs(0));
  push_frames(1, 1);
  pads->wait_for(2);
  EXPECT_GE(latency().min, GST_MSECOND);
  EXPECT_THAT(pads->bus.take(GST_MESSAGE_LATENCY), SizeIs(1));
}

TEST_F(AnalyzerLive, says_when_a_property_changes_the_latency) {
  begin_live(0, GST_CLOCK_TIME_NONE);
  pads->bus.take(GST_MESSAGE_LATENCY);
  g_object_set(pads->element(), "batch-size", 4, nullptr);
  EXPECT_THAT(pads->bus.take(GST_MESSAGE_LATENCY), SizeIs(1));
  EXPECT_GT(latency().min, 0u);
}

class AnalyzerLate : public AnalyzerLive {
 protected:
  ~AnalyzerLate() override {
    pads.reset();
    gst_object_unref(clock_);
  }
  /// The pipeline's clock stands at so many frames since its start.
  void set_time(int frames) {
    gst_element_set_clock(pads->element(), clock_);
    gst_element_set_base_time(pads->element(), 0);
    gst_test_clock_set_time(GST_TEST_CLOCK(clock_), frames * TestPads::kFrame);
  }
  std::vector<std::string> skipped() {
    pads->push_eos();
    pads->wait_for(5);
    std::vector<std::string> reasons;
    for (const auto& seen : work.seen()) reasons.push_back(seen.skipped);
    return reasons;
  }

 private:
  GstClock* const clock_ = gst_test_clock_new();
};

TEST_F(AnalyzerLate, skips_the_work_of_late_frames_but_not_the_frames) {
  properties = {{"max-lateness", "100000000"}};  // 2.5 frames
  begin_live(0, GST_CLOCK_TIME_NONE);
  set_time(3);
  push_frames(0, 4);
  EXPECT_THAT(skipped(), testing::ElementsAre("late", "", "", ""));
  EXPECT_THAT(pads->arrived(), SizeIs(5));
  EXPECT_THAT(pads->bus.take(GST_MESSAGE_QOS), SizeIs(1));
  EXPECT_EQ(stat("skipped-late"), 1u);
  EXPECT_EQ(stat("analyzed"), 3u);
}

TEST_F(AnalyzerLate, does_not_count_the_latency_of_upstream_as_lateness) {
  properties = {{"max-lateness", "100000000"}};
  begin_live(TestPads::kFrame, GST_CLOCK_TIME_NONE);
  set_time(3);
  push_frames(0, 4);
  EXPECT_THAT(skipped(), Each(""));
}

TEST_F(AnalyzerLate, never_skips_by_default_nor_where_nothing_is_live) {
  begin_live(0, GST_CLOCK_TIME_NONE);
  set_time(1000);
  push_frames(0, 4);
  EXPECT_THAT(skipped(), Each(""));
  pads.reset();
  properties = {{"max-lateness", "0"}};
  begin();
  set_time(1000);
  push_frames(0, 4);
  EXPECT_THAT(skipped(), Each(""));
}

// A source that is live in earnest, four times as fast as the work.
TEST_F(AnalyzerLate, lets_every_frame_of_a_fast_source_through_and_counts_what_it_skipped) {
  constexpr int kFrames = 120;
  work.analyze = [](std::span<AnalyzedFrame> frames, auto) -> Result<void> {
    if (!frames[0].skipped) g_usleep(20000);
    return {};
  };
  const auto pipeline = Ref<GstElement>::adopt(GST_ELEMENT(gst_object_ref_sink(gst_parse_launch(
      ("videotestsrc is-live=true num-buffers=" + std::to_string(kFrames) +
       " ! video/x-raw,format=GRAY8,width=16,height=8,framerate=200/1 ! queue ! "
       "testanalyzer name=analyzer max-lateness=60000000 ! fakesink name=sink sync=false")
          .c_str(),
      nullptr))));
  const auto named = [&](const char* name) {
    return Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), name));
  };
  const auto bus = Ref<GstBus>::adopt(gst_element_get_bus(pipeline.get()));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  guint64 reported = 0;
  while (true) {
    const auto message = Ref<GstMessage>::adopt(gst_bus_timed_pop(bus.get(), 60 * GST_SECOND));
    ASSERT_TRUE(message);
    reported += GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_QOS;
    if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_EOS) break;
  }
  EXPECT_EQ(stat_of(named("sink").get(), "rendered"), guint64{kFrames});
  const auto analyzer = named("analyzer");
  EXPECT_EQ(stat_of(analyzer.get(), "frames"), guint64{kFrames});
  EXPECT_GT(stat_of(analyzer.get(), "skipped-late"), 0u);
  EXPECT_GT(stat_of(analyzer.get(), "analyzed"), 0u);
  EXPECT_EQ(stat_of(analyzer.get(), "analyzed") + stat_of(analyzer.get(), "skipped-late"),
            guint64{kFrames});
  EXPECT_EQ(reported, stat_of(analyzer.get(), "skipped-late"));
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
}

TEST_F(AnalyzerLate, skips_by_interval_whatever_the_time) {
  properties = {{"inference-interval", "2"}};
  begin();
  push_frames(0, 4);
  EXPECT_THAT(skipped(), testing::ElementsAre("", "inference-interval", "", "inference-interval"));
  EXPECT_EQ(stat("skipped"), 2u);
}

}  // namespace
}  // namespace gsttorch
