// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tests/gst/scenedetect/scenedetect_fixture.h"
#include "tests/support/bf16.h"

namespace gsttorch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(SceneDetectTest, passes_the_same_buffers_and_memory_in_order) {
  begin();
  const DrawnVideo video;
  std::vector<GstBuffer*> in;
  std::vector<GstMemory*> memory;
  for (int i = 0; i < 20; i++) {
    Ref<GstBuffer> frame = video.frame(i);
    in.push_back(frame.get());
    memory.push_back(gst_buffer_peek_memory(frame.get(), 0));
    ASSERT_EQ(pads->push(std::move(frame)), GST_FLOW_OK);
  }
  const auto out = end(20);
  ASSERT_EQ(out.size(), 20u);
  for (int i = 0; i < 20; i++) {
    EXPECT_EQ(out[i].get(), in[i]);
    EXPECT_EQ(gst_buffer_peek_memory(out[i].get(), 0), memory[i]);
    EXPECT_EQ(GST_BUFFER_PTS(out[i].get()), i * DrawnVideo::kFrame);
    EXPECT_EQ(bytes_of(out[i].get()), bytes_of(video.frame(i).get()));
  }
}

TEST_F(SceneDetectTest, attaches_a_cut_to_the_first_frame_of_the_new_shot) {
  begin();
  const auto out = run(DrawnVideo({15, 30}), 45);
  EXPECT_THAT(boundaries(out), ElementsAre(15, 30));
  const GstTorchShot shot = shot_of(out[15]);
  EXPECT_EQ(shot.boundary, GST_TORCH_SHOT_BOUNDARY_CUT);
  EXPECT_STREQ(shot.source, "scenes");
  EXPECT_STREQ(shot.model, "resnet18-lite");
  EXPECT_EQ(shot.frame, 15u);
  EXPECT_EQ(shot.start_frame, 15u);
  EXPECT_EQ(shot.middle_frame, 15u);
  EXPECT_EQ(shot.end_frame, 15u);
  EXPECT_EQ(shot.start_pts, 15 * DrawnVideo::kFrame);
  EXPECT_EQ(shot.end_pts, 15 * DrawnVideo::kFrame);
  EXPECT_GE(shot.confidence, 0.5);
  EXPECT_EQ(shot_of(out[14]).shot, 0u);
  EXPECT_EQ(shot_of(out[15]).shot, 1u);
  EXPECT_EQ(shot_of(out[44]).shot, 2u);
}

TEST_F(SceneDetectTest, attaches_the_score_to_every_frame) {
  begin();
  const auto out = run(DrawnVideo({15}), 30);
  for (std::size_t i = 0; i < out.size(); i++) {
    const GstTorchShot shot = shot_of(out[i]);
    ASSERT_EQ(shot.skipped, nullptr) << i;
    EXPECT_EQ(shot.frame, i);
    EXPECT_EQ(shot.threshold, 0.5);
    EXPECT_EQ(shot.score >= shot.threshold, i == 15) << i << ": " << shot.score;
    EXPECT_GT(shot.mean_luma, 10);
  }
  EXPECT_GT(shot_of(out[15]).distance, 10 * shot_of(out[10]).distance);
}

// The element messages on the bus.
std::vector<GstStructure*> element_messages(GstBus* bus) {
  std::vector<GstStructure*> all;
  while (GstMessage* message = gst_bus_pop_filtered(bus, GST_MESSAGE_ELEMENT)) {
    all.push_back(gst_structure_copy(gst_message_get_structure(message)));
    gst_message_unref(message);
  }
  return all;
}

TEST_F(SceneDetectTest, posts_a_message_for_each_boundary) {
  begin();
  const auto bus = Ref<GstBus>::adopt(gst_bus_new());
  gst_element_set_bus(pads->element(), bus.get());
  run(DrawnVideo({15}), 30);
  const auto messages = element_messages(bus.get());
  gst_element_set_bus(pads->element(), nullptr);
  ASSERT_EQ(messages.size(), 1u);
  GstStructure* s = messages[0];
  EXPECT_STREQ(gst_structure_get_name(s), "scenedetect");
  EXPECT_STREQ(gst_structure_get_string(s, "boundary"), "cut");
  const auto number = [s](const char* field) {
    guint64 value = G_MAXUINT64;
    gst_structure_get_uint64(s, field, &value);
    return value;
  };
  for (const char* field :
       {"timestamp", "stream-time", "running-time", "start-pts", "middle-pts", "end-pts"}) {
    EXPECT_EQ(number(field), 15 * DrawnVideo::kFrame) << field;
  }
  EXPECT_EQ(number("duration"), DrawnVideo::kFrame);
  for (const char* field : {"frame", "start-frame", "middle-frame", "end-frame"}) {
    EXPECT_EQ(number(field), 15u) << field;
  }
  gst_structure_free(s);
}

TEST_F(SceneDetectTest, post_messages_false_posts_nothing) {
  properties = {{"post-messages", "false"}};
  begin();
  EXPECT_THAT(boundaries(run(DrawnVideo({15}), 30)), ElementsAre(15));
  EXPECT_THAT(pads->bus.take(GST_MESSAGE_ELEMENT), IsEmpty());
}

TEST_F(SceneDetectTest, attach_none_attaches_nothing) {
  properties = {{"attach", "none"}};
  begin();
  const auto out = run(DrawnVideo({15}), 30);
  EXPECT_STREQ(shot_of(out[15]).skipped, "no meta");
  EXPECT_THAT(pads->bus.take(GST_MESSAGE_ELEMENT), testing::SizeIs(1));
}

TEST_F(SceneDetectTest, says_which_model_it_has_and_what_it_found) {
  begin();
  run(DrawnVideo({15, 30}), 45);
  read_stats([](const GstStructure* stats) {
    guint64 found = 0, frames = 0;
    gst_structure_get(stats, "boundaries", G_TYPE_UINT64, &found, "frames", G_TYPE_UINT64, &frames,
                      nullptr);
    EXPECT_EQ(found, 2u);
    EXPECT_EQ(frames, 45u);
    EXPECT_STREQ(gst_structure_get_string(stats, "model"), "resnet18-lite");
    EXPECT_STREQ(gst_structure_get_string(stats, "device"), "cpu");
  });
}

// --- properties

TEST_F(SceneDetectTest, a_higher_threshold_finds_fewer) {
  begin();
  run(DrawnVideo({15}), 30);
  const double score = shot_of(pads->buffers()[15]).score;
  ASSERT_LT(score, 0.985);
  properties = {{"threshold", std::to_string((score + 0.99) / 2)}};
  begin();
  EXPECT_THAT(boundaries(run(DrawnVideo({15}), 30)), IsEmpty());
}

TEST_F(SceneDetectTest, the_threshold_can_be_changed_while_it_runs) {
  properties = {{"look-ahead", "1"}};
  begin();
  const DrawnVideo video({15, 30});
  push(video, 0, 20);
  pads->wait_for(19);
  g_object_set(pads->element(), "threshold", 0.99, nullptr);
  push(video, 20, 20);
  const auto out = end(40);
  EXPECT_THAT(boundaries(out), ElementsAre(15));
  EXPECT_EQ(shot_of(out[39]).threshold, 0.99);
}

TEST_F(SceneDetectTest, min_shot_duration_drops_boundaries_that_come_too_soon) {
  const DrawnVideo video({15, 24});
  begin();
  EXPECT_THAT(boundaries(run(video, 40)), ElementsAre(15, 24));
  properties = {{"min-shot-duration", "400000000"}};
  begin();
  EXPECT_THAT(boundaries(run(video, 40)), testing::SizeIs(1));
}

TEST_F(SceneDetectTest, min_shot_duration_can_be_changed_while_playing) {
  const DrawnVideo video({15, 24, 55, 64});
  begin();
  push(video, 0, 45);
  pads->wait_for(37);  // all but the frames within the look-ahead
  g_object_set(pads->element(), "min-shot-duration", guint64{400} * GST_MSECOND, nullptr);
  push(video, 45, 35);
  EXPECT_THAT(boundaries(end(80)), ElementsAre(15, 24, 55));
}

// The reported latency without the wait for batches, in frames.
guint64 frames_of_latency(GstElement* element) {
  GstStructure* stats = nullptr;
  g_object_get(element, "stats", &stats, nullptr);
  guint64 latency = 0;
  gst_structure_get_uint64(stats, "latency", &latency);
  gst_structure_free(stats);
  return latency / DrawnVideo::kFrame;
}

TEST_F(SceneDetectTest, look_ahead_delays_frames_and_is_reported_as_latency) {
  for (const int look_ahead : {3, 8}) {
    properties = {{"look-ahead", std::to_string(look_ahead)}};
    begin();
    push(DrawnVideo(), 0, 20);
    const auto arrived = pads->wait_for(static_cast<std::size_t>(20 - look_ahead));
    EXPECT_EQ(arrived.size(), static_cast<std::size_t>(20 - look_ahead));
    EXPECT_GE(frames_of_latency(pads->element()), static_cast<guint64>(look_ahead));
    end(20);
  }
}

TEST_F(SceneDetectTest, feature_layer_changes_what_is_compared) {
  std::vector<double> distances;
  for (const char* layer : {"0", "4", "2"}) {
    properties = {{"feature-layer", layer}};
    begin();
    distances.push_back(shot_of(run(DrawnVideo({5}), 8)[5]).distance);
  }
  EXPECT_EQ(distances[0], distances[1]);
  EXPECT_NE(distances[0], distances[2]);
}

TEST_F(SceneDetectTest, precision_changes_the_distances_a_little) {
  SKIP_WITHOUT_BF16();
  std::vector<double> distances;
  for (const char* precision : {"auto", "fp32", "bf16"}) {
    properties = {{"precision", precision}};
    begin();
    distances.push_back(shot_of(run(DrawnVideo({5}), 8)[5]).distance);
  }
  EXPECT_EQ(distances[0], distances[1]);
  EXPECT_NE(distances[0], distances[2]);
  EXPECT_NEAR(distances[0], distances[2], 0.05 * distances[0]);
  read_stats([](const GstStructure* stats) {
    EXPECT_STREQ(gst_structure_get_string(stats, "precision"), "bf16");
  });
}

TEST_F(SceneDetectTest, batches_decide_as_single_frames_do) {
  const DrawnVideo video({15, 30});
  begin();
  const auto one_by_one = run(video, 45);
  properties = {{"batch-size", "8"}, {"batch-timeout", "2000000000"}};
  begin();
  const auto batches = run(video, 45);
  EXPECT_EQ(boundaries(batches), boundaries(one_by_one));
  for (std::size_t i = 0; i < batches.size(); i++) {
    EXPECT_NEAR(shot_of(batches[i]).distance, shot_of(one_by_one[i]).distance, 1e-4) << i;
  }
}

TEST_F(SceneDetectTest, inference_interval_skips_frames_and_says_so) {
  properties = {{"inference-interval", "2"}, {"look-ahead", "4"}};
  begin();
  const DrawnVideo video({20});
  push(video, 0, 40);
  const auto out = end(40);
  EXPECT_THAT(boundaries(out), ElementsAre(20));
  for (std::size_t i = 0; i < out.size(); i++) {
    EXPECT_EQ(shot_of(out[i]).skipped != nullptr, i % 2 == 1) << i;
  }
  EXPECT_STREQ(shot_of(out[1]).skipped, "inference-interval");
}

TEST_F(SceneDetectTest, decides_all_the_same_when_the_interval_grows_while_it_runs) {
  begin();
  const DrawnVideo video;
  push(video, 0, 20);
  g_object_set(pads->element(), "inference-interval", 5, nullptr);
  push(video, 20, 40);
  const auto out = end(60);
  ASSERT_EQ(out.size(), 60u);
  for (const auto& frame : out) {
    EXPECT_STRNE(shot_of(frame).skipped, "no meta");
  }
}

// --- key units

struct KeyUnit {
  GstClockTime pts = 0, stream_time = 0, running_time = 0;
  gboolean all_headers = FALSE;
  guint count = 0;
};

// Records each request for a key unit that leaves the element.
GstPadProbeReturn note_key_unit(GstPad*, GstPadProbeInfo* info, gpointer list) {
  GstEvent* event = GST_PAD_PROBE_INFO_EVENT(info);
  KeyUnit unit;
  if (gst_video_event_is_force_key_unit(event) &&
      gst_video_event_parse_downstream_force_key_unit(event, &unit.pts, &unit.stream_time,
                                                      &unit.running_time, &unit.all_headers,
                                                      &unit.count)) {
    static_cast<std::vector<KeyUnit>*>(list)->push_back(unit);
  }
  return GST_PAD_PROBE_OK;
}

class KeyUnits : public SceneDetectTest {
 protected:
  void begin_listening() {
    begin();
    gst_pad_add_probe(pads->pad("src").get(), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, note_key_unit,
                      &units, nullptr);
  }
  std::vector<KeyUnit> units;
};

TEST_F(KeyUnits, are_asked_for_before_the_first_frame_of_a_shot) {
  properties = {{"force-key-unit", "true"}, {"all-headers", "true"}};
  begin_listening();
  push(DrawnVideo({15, 30}), 0, 45);
  pads->push_eos();
  const auto arrived = pads->wait_for(45 + 2 + 1);
  ASSERT_EQ(arrived.size(), 48u);
  EXPECT_EQ(arrived[15], "custom-downstream");
  EXPECT_EQ(arrived[16], "buffer 15");
  EXPECT_EQ(arrived[31], "custom-downstream");
  EXPECT_EQ(arrived[32], "buffer 30");
  ASSERT_EQ(units.size(), 2u);
  EXPECT_EQ(units[0].pts, 15 * DrawnVideo::kFrame);
  EXPECT_EQ(units[0].stream_time, 15 * DrawnVideo::kFrame);
  EXPECT_EQ(units[0].running_time, 15 * DrawnVideo::kFrame);
  EXPECT_TRUE(units[0].all_headers);
  EXPECT_EQ(units[0].count, 1u);
  EXPECT_EQ(units[1].count, 2u);
}

TEST_F(KeyUnits, are_requested_without_headers_by_default) {
  properties = {{"force-key-unit", "true"}};
  begin_listening();
  push(DrawnVideo({15}), 0, 30);
  end(31);  // including the request
  ASSERT_EQ(units.size(), 1u);
  EXPECT_FALSE(units[0].all_headers);
}

TEST_F(KeyUnits, are_not_requested_by_default) {
  begin_listening();
  run(DrawnVideo({15}), 30);
  EXPECT_THAT(units, IsEmpty());
}

}  // namespace
}  // namespace gsttorch
