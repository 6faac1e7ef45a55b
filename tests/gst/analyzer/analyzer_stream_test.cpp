// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Every frame, event and query that enters a model element leaves it, in order.
#include <atomic>
#include <future>
#include <thread>

#include "tests/gst/analyzer/analyzer_fixture.h"

namespace gsttorch {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

struct Shape {
  guint batch_size, look_ahead;
};

class AnalyzerOrder : public AnalyzerTest, public testing::WithParamInterface<Shape> {
 protected:
  void SetUp() override {
    properties = {{"batch-size", std::to_string(GetParam().batch_size)},
                  {"batch-timeout", "1000000"}};
    work.look_ahead = GetParam().look_ahead;
  }
};

TEST_P(AnalyzerOrder, gives_each_buffer_out_once_with_its_memory_and_times) {
  begin();
  std::vector<GstMemory*> memories;
  for (int i = 0; i < 20; i++) {
    Ref<GstBuffer> buffer = frame(i);
    GST_BUFFER_OFFSET(buffer.get()) = 100 + i;
    memories.push_back(gst_buffer_peek_memory(buffer.get(), 0));
    ASSERT_EQ(pads->push(std::move(buffer)), GST_FLOW_OK);
  }
  pads->push_eos();
  ASSERT_THAT(pads->wait_for(21), SizeIs(21));
  const auto buffers = pads->buffers();
  for (int i = 0; i < 20; i++) {
    EXPECT_EQ(gst_buffer_peek_memory(buffers[i].get(), 0), memories[i]);
    EXPECT_EQ(GST_BUFFER_PTS(buffers[i].get()), i * TestPads::kFrame);
    EXPECT_EQ(GST_BUFFER_DURATION(buffers[i].get()), TestPads::kFrame);
    EXPECT_EQ(GST_BUFFER_OFFSET(buffers[i].get()), 100u + i);
  }
  EXPECT_EQ(pads->arrived().back(), "eos");
  EXPECT_EQ(stat("frames"), 20u);
  EXPECT_EQ(stat("analyzed"), 20u);
}

TEST_P(AnalyzerOrder, keeps_events_between_the_frames_that_they_came_between) {
  begin();
  push_frames(0, 2);
  gst_pad_push_event(pads->src(), gst_event_new_tag(gst_tag_list_new_empty()));
  push_frames(2, 1);
  pads->push_segment();
  push_frames(3, 2);
  gst_pad_push_event(pads->src(), gst_event_new_gap(5 * TestPads::kFrame, TestPads::kFrame));
  push_frames(6, 1);
  pads->set_caps("video/x-raw,format=GRAY8,width=8,height=16,framerate=25/1");
  push_frames(7, 3);
  pads->push_eos();
  EXPECT_THAT(pads->wait_for(14), ElementsAre("buffer 0", "buffer 1", "tag", "buffer 2", "segment",
                                              "buffer 3", "buffer 4", "gap", "buffer 6", "caps",
                                              "buffer 7", "buffer 8", "buffer 9", "eos"));
}

TEST_P(AnalyzerOrder, continues_with_another_stream_after_the_end) {
  begin();
  push_frames(0, 3);
  pads->push_eos();
  EXPECT_EQ(pads->push(frame(3)), GST_FLOW_EOS);
  pads->begin(kCaps);
  push_frames(4, 1);
  pads->push_eos();
  EXPECT_THAT(pads->wait_for(9), ElementsAre("buffer 0", "buffer 1", "buffer 2", "eos",
                                             "stream-start", "caps", "segment", "buffer 4", "eos"));
}

INSTANTIATE_TEST_SUITE_P(Shapes, AnalyzerOrder,
                         testing::Values(Shape{1, 0}, Shape{4, 0}, Shape{1, 3}, Shape{3, 5}),
                         [](const auto& info) {
                           return "batch_" + std::to_string(info.param.batch_size) +
                                  "_look_ahead_" + std::to_string(info.param.look_ahead);
                         });

class AnalyzerStream : public AnalyzerTest {};

TEST_F(AnalyzerStream, works_on_batches_and_sends_an_unfilled_one_after_its_timeout) {
  properties = {{"batch-size", "3"}, {"batch-timeout", "5000000"}};
  begin();
  push_frames(0, 2);
  EXPECT_THAT(pads->wait_for(2), ElementsAre("buffer 0", "buffer 1"));
  EXPECT_THAT(work.batch_sizes(), testing::Contains(testing::Le(2u)));
  std::promise<void> go;
  work.analyze = [&, released = go.get_future().share()](auto, auto) -> Result<void> {
    released.wait_for(std::chrono::seconds(20));
    return {};
  };
  g_object_set(pads->element(), "batch-timeout", 10 * GST_SECOND, nullptr);
  push_frames(2, 3);  // all three wait for the batch together
  go.set_value();
  EXPECT_THAT(pads->wait_for(5), SizeIs(5));
  EXPECT_EQ(work.batch_sizes().back(), 3u);
}

TEST_F(AnalyzerStream, reports_batch_sizes_and_their_inference_times) {
  properties = {{"batch-size", "3"}, {"batch-timeout", "10000000000"}};
  begin();
  push_frames(0, 6);
  pads->wait_for(6);
  GstStructure* stats = nullptr;
  g_object_get(pads->element(), "stats", &stats, nullptr);
  double fill = 0;
  EXPECT_TRUE(gst_structure_get_double(stats, "batch-fill", &fill));
  EXPECT_DOUBLE_EQ(fill, 1);
  const GValue* sizes = gst_structure_get_value(stats, "batch-sizes");
  ASSERT_EQ(gst_value_list_get_size(sizes), 1u);
  const GstStructure* threes = gst_value_get_structure(gst_value_list_get_value(sizes, 0));
  guint size = 0;
  guint64 batches = 0;
  double ms = -1;
  EXPECT_TRUE(gst_structure_get(threes, "size", G_TYPE_UINT, &size, "batches", G_TYPE_UINT64,
                                &batches, "batch-ms", G_TYPE_DOUBLE, &ms, nullptr));
  EXPECT_EQ(size, 3u);
  EXPECT_EQ(batches, 2u);
  EXPECT_GE(ms, 0);
  gst_structure_free(stats);
}

TEST_F(AnalyzerStream, holds_frames_back_for_look_ahead_and_no_longer) {
  work.look_ahead = 2;
  begin();
  push_frames(0, 5);
  EXPECT_THAT(pads->wait_for(3), ElementsAre("buffer 0", "buffer 1", "buffer 2"));
  g_usleep(20000);  // time for frames that should not arrive
  EXPECT_THAT(pads->arrived(), SizeIs(3));
  pads->push_eos();
  EXPECT_THAT(pads->wait_for(6), SizeIs(6));
}

TEST_F(AnalyzerStream, a_flush_ends_the_inference_and_drops_queued_frames) {
  work.look_ahead = 2;
  begin();
  push_frames(0, 3);
  EXPECT_THAT(pads->wait_for(1), ElementsAre("buffer 0"));
  std::promise<void> at_work;
  std::atomic<int> iterations = 0;
  work.analyze = [&](auto, std::stop_token stop) -> Result<void> {
    at_work.set_value();
    for (; iterations < 20000 && !stop.stop_requested(); iterations++) g_usleep(1000);
    return Error{ErrorCode::Cancelled, "cancelled"};
  };
  push_frames(3, 1);
  at_work.get_future().wait();
  gst_pad_push_event(pads->src(), gst_event_new_flush_start());
  const int iterations_at_flush = iterations;
  EXPECT_EQ(pads->push(frame(4)), GST_FLOW_FLUSHING);
  EXPECT_LE(iterations - iterations_at_flush, 1);
  work.analyze = {};
  gst_pad_push_event(pads->src(), gst_event_new_flush_stop(TRUE));
  pads->forget();
  pads->push_segment();
  push_frames(10, 3);
  pads->push_eos();
  EXPECT_THAT(pads->wait_for(5),
              ElementsAre("segment", "buffer 10", "buffer 11", "buffer 12", "eos"));
  EXPECT_EQ(work.seen().back().index, 2u);
  EXPECT_THAT(pads->bus.take(GST_MESSAGE_ERROR), SizeIs(0));
}

TEST_F(AnalyzerStream, a_flush_keeps_caps_that_had_not_been_worked_on) {
  begin();
  std::promise<void> at_work;
  work.analyze = [&](auto, std::stop_token stop) -> Result<void> {
    at_work.set_value();
    while (!stop.stop_requested()) g_usleep(100);
    return Error{ErrorCode::Cancelled, "cancelled"};
  };
  push_frames(0, 1);
  at_work.get_future().wait();
  pads->set_caps("video/x-raw,format=GRAY8,width=8,height=4,framerate=25/1");
  gst_pad_push_event(pads->src(), gst_event_new_flush_start());
  std::atomic<int> width = 0;
  work.analyze = [&](std::span<AnalyzedFrame> frames, auto) -> Result<void> {
    width = frames[0].image->width();
    return {};
  };
  gst_pad_push_event(pads->src(), gst_event_new_flush_stop(TRUE));
  pads->push_segment();
  push_frames(1, 1);
  pads->push_eos();
  pads->wait_for(6);
  EXPECT_EQ(width, 8);
  const auto caps = Ref<GstCaps>::adopt(gst_pad_get_current_caps(pads->sink()));
  ASSERT_TRUE(caps);
  int downstream_width = 0;
  gst_structure_get_int(gst_caps_get_structure(caps.get(), 0), "width", &downstream_width);
  EXPECT_EQ(downstream_width, 8);
}

TEST_F(AnalyzerStream, returns_upstream_what_downstream_returned) {
  for (const GstFlowReturn flow :
       {GST_FLOW_ERROR, GST_FLOW_FLUSHING, GST_FLOW_EOS, GST_FLOW_NOT_NEGOTIATED,
        GST_FLOW_NOT_LINKED, GST_FLOW_CUSTOM_ERROR}) {
    begin();
    pads->flow = [flow] { return flow; };
    EXPECT_EQ(push_until_refused(), flow) << gst_flow_get_name(flow);
    pads.reset();
  }
}

TEST_F(AnalyzerStream, after_eos_from_downstream_events_pass_and_a_segment_resumes) {
  begin();
  pads->flow = [] { return GST_FLOW_EOS; };
  EXPECT_EQ(push_until_refused(), GST_FLOW_EOS);
  pads->flow = nullptr;
  pads->forget();
  pads->push_segment();
  push_frames(1, 1);
  pads->push_eos();
  EXPECT_THAT(pads->wait_for(3), ElementsAre("segment", "buffer 1", "eos"));
}

TEST_F(AnalyzerStream, continues_when_another_sink_is_linked) {
  begin();
  const auto src = pads->pad("src");
  gst_pad_unlink(src.get(), pads->sink());
  EXPECT_EQ(push_until_refused(), GST_FLOW_NOT_LINKED);
  gst_pad_link_full(src.get(), pads->sink(), GST_PAD_LINK_CHECK_NOTHING);
  gst_pad_send_event(src.get(), gst_event_new_reconfigure());
  pads->forget();
  push_frames(50, 1);
  pads->push_eos();
  std::vector<std::string> arrived;
  for (int i = 0; i < 2000 && (arrived.empty() || arrived.back() != "eos"); i++) {
    g_usleep(1000);
    arrived = pads->arrived();
  }
  EXPECT_THAT(arrived, testing::Contains("buffer 50"));
  EXPECT_EQ(arrived.back(), "eos");
}

TEST_F(AnalyzerStream, continues_when_a_sink_is_linked_while_a_frame_is_still_refused) {
  begin();
  pads->flow = [sink = pads->sink(), frames = std::make_shared<std::atomic<int>>(0)] {
    if (++*frames > 1) return GST_FLOW_OK;
    gst_pad_push_event(sink, gst_event_new_reconfigure());
    return GST_FLOW_NOT_LINKED;
  };
  push_frames(0, 1);
  pads->wait_for(1);
  g_usleep(20000);  // a frame pushed too early would not see the refusal
  push_frames(1, 1);
  EXPECT_THAT(pads->wait_for(2), ElementsAre("buffer 0", "buffer 1"));
}

TEST_F(AnalyzerStream, an_error_that_upstream_cannot_see_any_more_is_posted) {
  begin();
  std::promise<void> go;
  work.analyze = [released = go.get_future().share()](auto, auto) -> Result<void> {
    released.wait_for(std::chrono::seconds(20));
    return {};
  };
  pads->flow = [] { return GST_FLOW_ERROR; };
  push_frames(0, 1);
  pads->push_eos();
  go.set_value();
  EXPECT_THAT(pads->bus.wait_for(GST_MESSAGE_ERROR), testing::HasSubstr("gst-stream-error"));
  EXPECT_THAT(pads->wait_for(2), ElementsAre("buffer 0", "eos"));
}

// --- queries

TEST_F(AnalyzerStream, answers_a_serialized_query_after_the_frames_before_it) {
  work.look_ahead = 4;
  begin();
  pads->downstream_query = [&](GstQuery* query) {
    if (GST_QUERY_TYPE(query) != GST_QUERY_DRAIN) return false;
    pads->arrive("drain");
    return true;
  };
  push_frames(0, 3);
  GstQuery* query = gst_query_new_drain();
  EXPECT_TRUE(gst_pad_peer_query(pads->src(), query));
  gst_query_unref(query);
  EXPECT_THAT(pads->arrived(), ElementsAre("buffer 0", "buffer 1", "buffer 2", "drain"));
}

TEST_F(AnalyzerStream, a_flush_ends_the_wait_for_a_query) {
  begin();
  std::promise<void> at_work;
  work.analyze = [&](auto, std::stop_token stop) -> Result<void> {
    at_work.set_value();
    while (!stop.stop_requested()) g_usleep(100);
    return Error{ErrorCode::Cancelled, "cancelled"};
  };
  push_frames(0, 1);
  at_work.get_future().wait();
  auto answered = std::async(std::launch::async, [&] {
    const auto query = Ref<GstQuery>::adopt(gst_query_new_drain());
    return gst_pad_peer_query(pads->src(), query.get());
  });
  gst_pad_push_event(pads->src(), gst_event_new_flush_start());
  EXPECT_FALSE(answered.get());
  gst_pad_push_event(pads->src(), gst_event_new_flush_stop(TRUE));
}

guint least_buffers(GstPad* src, bool* answered = nullptr) {
  GstCaps* caps = gst_caps_from_string(kCaps);
  const auto query = Ref<GstQuery>::adopt(gst_query_new_allocation(caps, TRUE));
  gst_caps_unref(caps);
  const bool ok = gst_pad_peer_query(src, query.get());
  if (answered) *answered = ok;
  guint min = 0;
  if (gst_query_get_n_allocation_pools(query.get()) > 0) {
    gst_query_parse_nth_allocation_pool(query.get(), 0, nullptr, nullptr, &min, nullptr);
  }
  return min;
}

TEST_F(AnalyzerStream, adds_the_frames_it_holds_to_what_downstream_allocates) {
  work.look_ahead = 4;
  properties = {{"batch-size", "2"}};
  begin();
  const guint alone = least_buffers(pads->src());
  EXPECT_GE(alone, 4u + 2u);
  pads->downstream_query = [](GstQuery* query) {
    if (GST_QUERY_TYPE(query) != GST_QUERY_ALLOCATION) return false;
    gst_query_add_allocation_pool(query, nullptr, kFrameBytes, 7, 0);
    gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr);
    return true;
  };
  EXPECT_EQ(least_buffers(pads->src()), alone + 7);
}

TEST_F(AnalyzerStream, does_not_starve_a_source_that_has_few_buffers) {
  work.look_ahead = 6;
  begin();
  GstBufferPool* pool = gst_buffer_pool_new();
  GstStructure* config = gst_buffer_pool_get_config(pool);
  GstCaps* caps = gst_caps_from_string(kCaps);
  gst_buffer_pool_config_set_params(config, caps, kFrameBytes, 4, 4);
  gst_caps_unref(caps);
  gst_buffer_pool_set_config(pool, config);
  gst_buffer_pool_set_active(pool, TRUE);
  pads->keep_buffers = false;
  for (int i = 0; i < 12; i++) {
    GstBuffer* buffer = nullptr;
    ASSERT_EQ(gst_buffer_pool_acquire_buffer(pool, &buffer, nullptr), GST_FLOW_OK);
    GST_BUFFER_PTS(buffer) = i * TestPads::kFrame;
    gst_buffer_memset(buffer, 0, i, kFrameBytes);
    ASSERT_EQ(gst_pad_push(pads->src(), buffer), GST_FLOW_OK);
  }
  pads->push_eos();
  EXPECT_THAT(pads->wait_for(13), SizeIs(13));
  EXPECT_GT(stat("copied"), 0u);
  pads.reset();
  gst_buffer_pool_set_active(pool, FALSE);
  gst_object_unref(pool);
}

// --- what the work receives

TEST_F(AnalyzerStream, passes_discontinuities_to_the_work) {
  begin();
  push_frames(0, 2);
  Ref<GstBuffer> near = frame(2);
  GST_BUFFER_FLAG_SET(near.get(), GST_BUFFER_FLAG_DISCONT);
  pads->push(std::move(near));
  pads->push_segment();
  push_frames(3, 1);
  Ref<GstBuffer> far = frame(60);
  GST_BUFFER_FLAG_SET(far.get(), GST_BUFFER_FLAG_DISCONT);
  pads->push(std::move(far));
  pads->push_segment();
  push_frames(200, 1);
  pads->set_caps("video/x-raw,format=GRAY8,width=8,height=16,framerate=25/1");
  push_frames(201, 1);
  pads->push_eos();
  pads->wait_for(11);
  std::vector<std::pair<std::uint64_t, bool>> told;
  for (const auto& seen : work.seen()) told.push_back({seen.index, seen.is_discont});
  EXPECT_THAT(told,
              ElementsAre(testing::Pair(0, false), testing::Pair(1, false), testing::Pair(2, false),
                          testing::Pair(3, false), testing::Pair(4, true), testing::Pair(5, true),
                          testing::Pair(0, false)));
}

TEST_F(AnalyzerStream, passes_frames_of_reverse_playback_without_a_result) {
  make();
  pads->begin(kCaps, -1);
  push_frames(0, 2);
  pads->push_eos();
  pads->wait_for(6);
  ASSERT_THAT(work.seen(), SizeIs(2));
  EXPECT_EQ(work.seen()[0].skipped, "reverse");
}

TEST_F(AnalyzerStream, frames_without_caps_are_not_negotiated) {
  make();
  gst_pad_push_event(pads->src(), gst_event_new_stream_start("test"));
  pads->push_segment();
  EXPECT_EQ(push_until_refused(), GST_FLOW_NOT_NEGOTIATED);
  EXPECT_THAT(pads->bus.take(GST_MESSAGE_ERROR), SizeIs(1));
}

TEST_F(AnalyzerStream, sends_upstream_events_on) {
  begin();
  gst_pad_push_event(pads->sink(), gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 1.5, 10, 20));
  EXPECT_THAT(pads->upstream_events(), testing::Contains("qos"));
}

}  // namespace
}  // namespace gsttorch
