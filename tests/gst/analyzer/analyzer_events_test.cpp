// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Tests events, state changes and buffers as they occur in real pipelines. Where GStreamer's
// `queue` handles the same case, its behaviour is the reference.
#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>

#include "lib/gst/util/video_frame.h"
#include "tests/gst/analyzer/analyzer_fixture.h"

namespace gsttorch {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kOtherCaps[] = "video/x-raw,format=GRAY8,width=8,height=16,framerate=25/1";

std::string caps_of(GstPad* pad) {
  const auto caps = Ref<GstCaps>::adopt(gst_pad_get_current_caps(pad));
  if (!caps) return "none";
  gchar* text = gst_caps_to_string(caps.get());
  const std::string result = text;
  g_free(text);
  return result;
}

bool has_sticky(GstPad* pad, GstEventType type) {
  return bool(Ref<GstEvent>::adopt(gst_pad_get_sticky_event(pad, type, 0)));
}

GstEvent* some_tag() {
  return gst_event_new_tag(gst_tag_list_new(GST_TAG_TITLE, "a title", nullptr));
}

/// Runs an analyser and a `queue` through the same events.
class BesideQueue : public AnalyzerTest, public testing::WithParamInterface<const char*> {
 protected:
  void begin_element() {
    pads = std::make_unique<TestPads>(gst_element_factory_make(GetParam(), nullptr));
    pads->begin(kCaps);
    pads->wait_for(3);
    pads->forget();
  }
  void link_again() {
    const auto src = pads->pad("src");
    gst_pad_link_full(src.get(), pads->sink(), GST_PAD_LINK_CHECK_NOTHING);
    gst_pad_send_event(src.get(), gst_event_new_reconfigure());
  }
};

TEST_P(BesideQueue, a_flush_stop_without_a_start_is_harmless) {
  begin_element();
  pads->keep_buffers = false;
  for (int i = 0; i < 60; i++) {
    pads->push(frame(i));
    if (i % 3 > 0) continue;
    gst_pad_push_event(pads->src(), gst_event_new_flush_stop(FALSE));
    pads->push_segment();
  }
  EXPECT_THAT(pads->bus.take(GST_MESSAGE_ERROR), IsEmpty());
  pads->forget();
  pads->push_eos();
  for (int i = 0; i < 5000; i++) {
    const auto arrived = pads->arrived();
    if (!arrived.empty() && arrived.back() == "eos") break;
    g_usleep(1000);
  }
  EXPECT_EQ(pads->arrived().back(), "eos");
}

TEST_P(BesideQueue, sticky_events_that_come_while_nothing_is_linked_reach_who_is_linked_later) {
  begin_element();
  gst_pad_unlink(pads->pad("src").get(), pads->sink());
  EXPECT_EQ(push_until_refused(), GST_FLOW_NOT_LINKED);
  pads->set_caps(kOtherCaps);
  gst_pad_push_event(pads->src(), some_tag());
  link_again();
  pads->forget();
  EXPECT_EQ(pads->push(frame(200)), GST_FLOW_OK);
  for (int i = 0; i < 5000; i++) {
    const auto arrived = pads->arrived();
    if (!arrived.empty() && arrived.back() == "buffer 200") break;
    g_usleep(1000);
  }
  EXPECT_EQ(caps_of(pads->sink()), caps_of(pads->src()));
  EXPECT_TRUE(has_sticky(pads->sink(), GST_EVENT_TAG));
}

TEST_P(BesideQueue, an_end_that_comes_while_nothing_is_linked_is_an_error) {
  begin_element();
  gst_pad_unlink(pads->pad("src").get(), pads->sink());
  EXPECT_EQ(push_until_refused(), GST_FLOW_NOT_LINKED);
  pads->push_eos();
  EXPECT_THAT(pads->bus.take(GST_MESSAGE_ERROR), SizeIs(1));
}

// The sink blocks and the pipeline seeks: sticky events still in the queue must survive.
TEST_P(BesideQueue, sticky_events_that_wait_survive_a_flush) {
  begin_element();
  std::promise<void> blocked, go;
  std::atomic<bool> is_first = true;
  pads->flow = [&, released = go.get_future().share()] {
    if (is_first.exchange(false)) {
      blocked.set_value();
      released.wait_for(std::chrono::seconds(20));
    }
    return GST_FLOW_FLUSHING;
  };
  push_frames(0, 1);
  blocked.get_future().wait();
  gst_pad_push_event(pads->src(), some_tag());
  pads->set_caps(kOtherCaps);
  std::thread unblock([&] {
    g_usleep(10000);
    go.set_value();
  });
  pads->flush();
  unblock.join();
  EXPECT_TRUE(has_sticky(pads->pad("src").get(), GST_EVENT_TAG));
  pads->flow = nullptr;
  pads->forget();
  pads->push_segment();
  push_frames(10, 1);
  pads->wait_for(2);
  EXPECT_EQ(caps_of(pads->sink()), caps_of(pads->src()));
}

INSTANTIATE_TEST_SUITE_P(Elements, BesideQueue, testing::Values("queue", "testanalyzer"),
                         [](const auto& info) { return info.param; });

class AnalyzerEvents : public AnalyzerTest {
 protected:
  void wait_for_frames(std::size_t count) {
    for (int i = 0; i < 5000 && work.seen().size() < count; i++) g_usleep(1000);
    ASSERT_THAT(work.seen(), SizeIs(count));
  }
};

TEST_F(AnalyzerEvents, sticky_events_between_frames_that_are_held_survive_a_flush) {
  work.look_ahead = 3;
  begin();
  push_frames(0, 1);
  gst_pad_push_event(pads->src(), some_tag());
  push_frames(1, 1);
  wait_for_frames(2);
  pads->flush();
  EXPECT_TRUE(has_sticky(pads->pad("src").get(), GST_EVENT_TAG));
}

TEST_F(AnalyzerEvents, caps_taken_up_with_a_batch_survive_the_flush_that_ends_its_inference) {
  properties = {{"batch-size", "4"}};
  begin();
  std::promise<void> at_work;
  std::atomic<bool> is_first = true;
  work.analyze = [&](auto, std::stop_token stop) -> Result<void> {
    if (!is_first.exchange(false)) return {};
    at_work.set_value();
    while (!stop.stop_requested()) g_usleep(1000);
    return Error{ErrorCode::Cancelled, "cancelled"};
  };
  push_frames(0, 1);
  pads->set_caps(kOtherCaps);
  at_work.get_future().wait();
  pads->flush();
  pads->forget();
  pads->push_segment();
  push_frames(10, 1);
  pads->push_eos();
  EXPECT_THAT(pads->wait_for(3), Contains("buffer 10"));
  EXPECT_EQ(caps_of(pads->sink()), caps_of(pads->src()));
}

TEST_F(AnalyzerEvents, a_gap_does_not_end_the_stream) {
  work.look_ahead = 2;
  std::atomic<int> ends = 0;
  begin();
  work.decide_all = [&ends] { ends++; };
  push_frames(0, 2);
  gst_pad_push_event(pads->src(), gst_event_new_gap(2 * TestPads::kFrame, TestPads::kFrame));
  push_frames(3, 2);
  EXPECT_THAT(pads->wait_for(3), ElementsAre("buffer 0", "buffer 1", "gap"));
  EXPECT_EQ(ends, 0);
  for (const auto& seen : work.seen()) EXPECT_FALSE(seen.is_discont);
  pads->push_eos();
  EXPECT_THAT(pads->wait_for(6), SizeIs(6));
  EXPECT_EQ(ends, 1);
}

TEST_F(AnalyzerEvents, another_frame_rate_does_not_restart_the_stream) {
  begin();
  push_frames(0, 2);
  wait_for_frames(2);
  pads->set_caps("video/x-raw,format=GRAY8,width=16,height=8,framerate=0/1");
  push_frames(2, 1);
  pads->set_caps(
      "video/x-raw,format=GRAY8,width=16,height=8,framerate=50/1,"
      "pixel-aspect-ratio=2/1");
  push_frames(3, 1);
  wait_for_frames(4);
  EXPECT_EQ(work.seen().back().index, 3u);
  pads->set_caps(kOtherCaps);
  push_frames(4, 1);
  wait_for_frames(5);
  EXPECT_EQ(work.seen().back().index, 0u);
}

TEST_F(AnalyzerEvents, a_drain_query_outputs_pending_frames_but_does_not_end_the_stream) {
  work.look_ahead = 4;
  std::atomic<int> ends = 0;
  begin();
  work.decide_all = [&ends] { ends++; };
  push_frames(0, 2);
  const auto query = Ref<GstQuery>::adopt(gst_query_new_drain());
  gst_pad_peer_query(pads->src(), query.get());
  EXPECT_THAT(pads->arrived(), ElementsAre("buffer 0", "buffer 1"));
  EXPECT_EQ(ends, 0);
}

TEST_F(AnalyzerEvents, a_smaller_batch_size_takes_effect_at_once) {
  properties = {{"batch-size", "8"}, {"batch-timeout", "10000000000"}};
  begin();
  push_frames(0, 4);
  g_object_set(pads->element(), "batch-size", 1, nullptr);
  EXPECT_THAT(pads->wait_for(4), SizeIs(4));
  EXPECT_THAT(work.batch_sizes(), ElementsAre(1, 1, 1, 1));
}

TEST_F(AnalyzerEvents, an_exception_during_a_flush_leaves_no_query_without_an_answer) {
  properties = {{"batch-size", "4"}, {"batch-timeout", "1000000000"}};
  begin();
  std::promise<void> at_work;
  work.analyze = [&](auto, std::stop_token stop) -> Result<void> {
    at_work.set_value();
    while (!stop.stop_requested()) g_usleep(1000);
    throw std::runtime_error("out of something");
  };
  push_frames(0, 1);
  auto answered = std::async(std::launch::async, [this] {
    const auto query = Ref<GstQuery>::adopt(gst_query_new_drain());
    return gst_pad_peer_query(pads->src(), query.get());
  });
  at_work.get_future().wait();
  gst_pad_push_event(pads->src(), gst_event_new_flush_start());
  ASSERT_EQ(answered.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_FALSE(answered.get());
}

// --- inference of other pipelines

class AnalyzerBeside : public AnalyzerEvents {
 protected:
  AnalyzerBeside() {
    work.analyze = [this](std::span<AnalyzedFrame> frames, std::stop_token) -> Result<void> {
      if (frames[0].pts() > 0) return {};
      at_work_.set_value();
      released_.wait_for(std::chrono::seconds(20));
      return {};
    };
    begin();
    other_ = std::make_unique<TestPads>(gst_element_factory_make("testanalyzer", "other"));
    other_->begin(kCaps);
    other_->wait_for(3);
    push_frames(0, 1);  // the only worker is busy with this frame
    at_work_.get_future().wait();
    other_->push(frame(1));
    g_usleep(10000);  // until it waits for the worker
  }
  ~AnalyzerBeside() override {
    go_.set_value();
    other_.reset();
    pads.reset();  // after that the worker no longer uses the members below
  }

  std::unique_ptr<TestPads> other_;

 private:
  std::promise<void> at_work_, go_;
  const std::shared_future<void> released_ = go_.get_future().share();
};

TEST_F(AnalyzerBeside, a_flush_does_not_wait_for_another_elements_inference) {
  auto flushed = std::async(std::launch::async, [this] { other_->flush(); });
  EXPECT_EQ(flushed.wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

TEST_F(AnalyzerBeside, stopping_does_not_wait_for_another_elements_inference) {
  auto stopped = std::async(std::launch::async,
                            [this] { gst_element_set_state(other_->element(), GST_STATE_NULL); });
  EXPECT_EQ(stopped.wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

// --- states

TEST_F(AnalyzerEvents, a_model_that_is_set_in_ready_is_loaded) {
  const auto element = Ref<GstElement>::adopt(
      GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make("testanalyzer", nullptr))));
  std::atomic<int> starts = 0, stops = 0;
  work.start = [&]() -> Result<void> { return starts++, Result<void>(); };
  work.stop = [&] { stops++; };
  gst_element_set_state(element.get(), GST_STATE_READY);
  g_object_set(element.get(), "batch-size", 2, nullptr);
  gst_element_set_state(element.get(), GST_STATE_PAUSED);
  EXPECT_EQ(starts, 1);
  gst_element_set_state(element.get(), GST_STATE_READY);
  for (const char* name : {"model", "device"}) {
    starts = stops = 0;
    g_object_set(element.get(), name, "cpu", nullptr);
    gst_element_set_state(element.get(), GST_STATE_PAUSED);
    EXPECT_EQ(starts, 1) << name;
    EXPECT_EQ(stops, 1) << name;
    gst_element_set_state(element.get(), GST_STATE_READY);
  }
  gst_element_set_state(element.get(), GST_STATE_PAUSED);
  EXPECT_EQ(starts, 1);
  gst_element_set_state(element.get(), GST_STATE_NULL);
}

TEST_F(AnalyzerEvents, a_model_set_in_ready_that_is_not_there_fails_the_start) {
  const auto element = Ref<GstElement>::adopt(
      GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make("testanalyzer", nullptr))));
  ElementBus bus(element.get());
  gst_element_set_state(element.get(), GST_STATE_READY);
  work.start = []() -> Result<void> { return Error{ErrorCode::NotFound, "no such model"}; };
  g_object_set(element.get(), "model", "another", nullptr);
  EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
  EXPECT_THAT(bus.take(GST_MESSAGE_ERROR), ElementsAre(testing::HasSubstr("no such model")));
  std::atomic<int> starts = 0;
  work.start = [&]() -> Result<void> { return starts++, Result<void>(); };
  EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_PAUSED), GST_STATE_CHANGE_SUCCESS);
  EXPECT_EQ(starts, 1);
  gst_element_set_state(element.get(), GST_STATE_NULL);
}

TEST_F(AnalyzerEvents, posts_stream_status_for_all_its_threads) {
  begin();
  push_frames(0, 3);
  pads->wait_for(3);
  int entered = 0;
  while (const auto message = pads->bus.pop(GST_MESSAGE_STREAM_STATUS)) {
    GstStreamStatusType type{};
    gst_message_parse_stream_status(message.get(), &type, nullptr);
    entered += type == GST_STREAM_STATUS_TYPE_ENTER;
  }
  EXPECT_GE(entered, 3);  // threads of the source pad, the analysis and at least one worker
}

// --- buffers

TEST_F(AnalyzerEvents, what_a_crop_meta_shows_is_analyzed) {
  VideoSize size;
  int first = -1, last = -1;
  work.analyze = [&](std::span<AnalyzedFrame> frames, auto) -> Result<void> {
    const auto view = frames[0].image->view();
    if (!view) return view.error();
    size = {frames[0].image->width(), frames[0].image->height()};
    EXPECT_EQ(view->width, size.width);
    EXPECT_EQ(view->height, size.height);
    EXPECT_EQ(GST_VIDEO_INFO_WIDTH(&frames[0].info), size.width);
    first = view->planes[0].data[0];
    last = view->planes[0].data[view->planes[0].stride * (view->height - 1) + view->width - 1];
    return {};
  };
  begin("video/x-raw,format=GRAY8,width=6,height=4,framerate=25/1");
  // The image is 16x8; the value of each pixel is its position.
  Ref<GstBuffer> buffer = make_buffer(kFrameBytes);
  for (gsize i = 0; i < kFrameBytes; i++) {
    const auto value = static_cast<guint8>(i);
    gst_buffer_fill(buffer.get(), i, &value, 1);
  }
  gsize offset[GST_VIDEO_MAX_PLANES] = {0};
  gint stride[GST_VIDEO_MAX_PLANES] = {16};
  gst_buffer_add_video_meta_full(buffer.get(), GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_GRAY8,
                                 16, 8, 1, offset, stride);
  GstVideoCropMeta* crop = gst_buffer_add_video_crop_meta(buffer.get());
  crop->x = 9;
  crop->y = 3;
  crop->width = 6;
  crop->height = 4;
  pads->push(std::move(buffer));
  pads->wait_for(1);
  EXPECT_EQ(size, (VideoSize{6, 4}));
  EXPECT_EQ(first, 3 * 16 + 9);
  EXPECT_EQ(last, 6 * 16 + 14);
}

// Producers of other memory (device, compressed) provide map functions in their video meta.
TEST_F(AnalyzerEvents, pixels_are_mapped_as_the_producers_meta_says) {
  static std::atomic<int> maps, unmaps;
  maps = unmaps = 0;
  work.analyze = [](std::span<AnalyzedFrame> frames, auto) -> Result<void> {
    const auto view = frames[0].image->view();
    EXPECT_TRUE(view);
    return {};
  };
  begin();
  Ref<GstBuffer> buffer = frame(0);
  GstVideoMeta* meta = gst_buffer_add_video_meta(buffer.get(), GST_VIDEO_FRAME_FLAG_NONE,
                                                 GST_VIDEO_FORMAT_GRAY8, 16, 8);
  meta->map = [](GstVideoMeta* of, guint plane, GstMapInfo* info, gpointer* data, gint* stride,
                 GstMapFlags flags) -> gboolean {
    maps++;
    *stride = of->stride[plane];
    if (!gst_buffer_map(of->buffer, info, flags)) return FALSE;
    *data = info->data;
    return TRUE;
  };
  meta->unmap = [](GstVideoMeta* of, guint, GstMapInfo* info) -> gboolean {
    unmaps++;
    gst_buffer_unmap(of->buffer, info);
    return TRUE;
  };
  pads->push(std::move(buffer));
  pads->wait_for(1);
  EXPECT_EQ(maps, 1);
  EXPECT_EQ(unmaps, 1);
}

TEST_F(AnalyzerEvents, a_crop_meta_outside_of_the_image_is_an_error) {
  work.analyze = [](std::span<AnalyzedFrame> frames, auto) -> Result<void> {
    const auto view = frames[0].image->view();
    return view ? Result<void>() : view.error();
  };
  begin();
  Ref<GstBuffer> buffer = frame(0);
  GstVideoCropMeta* crop = gst_buffer_add_video_crop_meta(buffer.get());
  crop->x = 12;
  crop->width = 5;
  crop->height = 8;
  pads->push(std::move(buffer));
  EXPECT_THAT(pads->bus.wait_for(GST_MESSAGE_ERROR), testing::HasSubstr("crop meta"));
}

// The visible part begins at the right pixel in the chroma planes of each format.
TEST(VisiblePart, begins_at_its_own_pixel_in_every_plane) {
  struct Case {
    GstVideoFormat format;
    std::vector<int> values;  // the first byte of each plane at (4, 2)
  };
  const auto fill = [](GstVideoFrame& frame) {
    for (guint plane = 0; plane < GST_VIDEO_FRAME_N_PLANES(&frame); plane++) {
      auto* data = static_cast<guint8*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, plane));
      const int stride = GST_VIDEO_FRAME_PLANE_STRIDE(&frame, plane);
      const int rows = GST_VIDEO_FRAME_COMP_HEIGHT(&frame, plane);
      for (int y = 0; y < rows; y++) {
        for (int x = 0; x < stride; x++) data[y * stride + x] = static_cast<guint8>(16 * y + x);
      }
    }
  };
  for (const Case& c :
       {Case{GST_VIDEO_FORMAT_I420, {36, 18, 18}}, Case{GST_VIDEO_FORMAT_NV12, {36, 20}},
        Case{GST_VIDEO_FORMAT_Y42B, {36, 34, 34}}, Case{GST_VIDEO_FORMAT_YUY2, {40}},
        Case{GST_VIDEO_FORMAT_RGB, {44}}, Case{GST_VIDEO_FORMAT_I420_10LE, {40, 20, 20}}}) {
    GstVideoInfo info;
    gst_video_info_set_format(&info, c.format, 12, 8);
    auto buffer = Ref<GstBuffer>::adopt(
        gst_buffer_new_allocate(nullptr, GST_VIDEO_INFO_SIZE(&info), nullptr));
    GstVideoFrame frame;
    ASSERT_TRUE(gst_video_frame_map(&frame, &info, buffer.get(), GST_MAP_WRITE));
    fill(frame);
    gst_video_frame_unmap(&frame);
    GstVideoCropMeta* crop = gst_buffer_add_video_crop_meta(buffer.get());
    crop->x = 4;
    crop->y = 2;
    crop->width = 6;
    crop->height = 4;
    const MappedFrame mapped(info, buffer.get());
    const ImageView view = mapped.view();
    for (std::size_t plane = 0; plane < c.values.size(); plane++) {
      EXPECT_EQ(view.planes[plane].data[0], c.values[plane])
          << gst_video_format_to_string(c.format) << " plane " << plane;
    }
  }
}

}  // namespace
}  // namespace gsttorch
