// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Tests the log of a model element: it must show what the element did, and why it did not.
#include "tests/gst/analyzer/analyzer_fixture.h"
#include "tests/support/clock_time.h"
#include "tests/support/log_lines.h"

namespace gsttorch {
namespace {

using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::Not;

class AnalyzerLog : public AnalyzerTest {
 protected:
  void TearDown() override { pads.reset(); }  // its threads log until then

  LogLines debug{"torchanalyzer", GST_LEVEL_DEBUG};
};

TEST_F(AnalyzerLog, has_caps_segments_batches_queries_and_flushes) {
  properties = {{"batch-size", "2"}, {"batch-timeout", "10000000000"}};
  begin();
  push_frames(0, 2);
  pads->wait_for(2);
  push_frames(2, 1);
  const auto query = Ref<GstQuery>::adopt(gst_query_new_drain());
  gst_pad_peer_query(pads->src(), query.get());
  pads->flush();
  const auto lines = debug.lines();
  for (const char* expected :
       {"event caps", "event segment", "takes a batch of 2 frames from 0: full",
        "takes a batch of 1 frames from 2: an event or query follows", "query drain",
        "a new stream: earlier frames are forgotten", "flush begins", "flush ends"}) {
    EXPECT_THAT(lines, Contains(HasSubstr(expected)));
  }
  EXPECT_THAT(lines, Each(Not(HasSubstr("came in"))));  // logged per frame at level LOG only
}

TEST_F(AnalyzerLog, has_latency_and_skipped_frames_of_a_live_pipeline) {
  TestTime time;
  make();
  gst_element_set_clock(pads->element(), time.clock());
  pads->upstream_query = [](GstQuery* query) {
    if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY) return false;
    gst_query_set_latency(query, TRUE, 0, GST_CLOCK_TIME_NONE);
    return true;
  };
  work.analyze = [&](auto, auto) -> Result<void> {
    time.advance(100 * GST_MSECOND);
    pads->wait_for(4);  // the frame leaves
    return {};
  };
  pads->begin(kCaps);
  push_frames(0, 1);
  EXPECT_EQ(pads->bus.wait_for(GST_MESSAGE_LATENCY), "latency");
  const auto lines = debug.lines();
  for (const char* expected : {"upstream is live", "announces a latency of 0:00:00.140000000",
                               "frame 0 leaves without a result: no time is left"}) {
    EXPECT_THAT(lines, Contains(HasSubstr(expected)));
  }
  pads.reset();
}

TEST_F(AnalyzerLog, has_the_reason_why_output_stopped) {
  begin();
  pads->flow = [] { return GST_FLOW_NOT_NEGOTIATED; };
  push_until_refused();
  EXPECT_THAT(debug.lines(), Contains("stops: not-negotiated"));
}

TEST_F(AnalyzerLog, has_each_frame_at_level_log) {
  LogLines log("torchanalyzer", GST_LEVEL_LOG);
  begin();
  push_frames(0, 1);
  pads->wait_for(1);
  EXPECT_THAT(log.lines(), Contains(HasSubstr("frame 0 at 0:00:00.000000000 came in")));
  EXPECT_THAT(log.lines(), Contains(HasSubstr("pushes frame 0")));
}

}  // namespace
}  // namespace gsttorch
