// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/gst/gsttorchshotmeta.h"
#include "tests/support/bf16.h"
#include "tests/support/gst_support.h"
#include "tests/support/paths.h"
#include "tests/support/small_model.h"
#include "tests/support/temp_directory.h"

namespace gsttorch {
namespace {

constexpr GstClockTime kFrame = 40 * GST_MSECOND;
constexpr int kWidth = 48, kHeight = 32;

GstElement* make_raftflow(const char* first_property = nullptr, const char* value = nullptr) {
  GstElement* element = gst_element_factory_make("raftflow", "flow");
  g_object_set(element, "model", small_flow_model().c_str(), "iterations", 2, nullptr);
  if (first_property) gst_util_set_object_arg(G_OBJECT(element), first_property, value);
  return element;
}

std::string caps(int width = kWidth, int height = kHeight) {
  return "video/x-raw,format=GRAY8,framerate=25/1,width=" + std::to_string(width) +
         ",height=" + std::to_string(height);
}

Ref<GstBuffer> frame(int index, int width = kWidth, int height = kHeight) {
  const int stride = GST_ROUND_UP_4(width);
  std::vector<guint8> pixels(static_cast<std::size_t>(stride) * height);
  for (int y = 0; y < height; y++) {
    for (int x = 0; x < width; x++) {
      pixels[y * stride + x] = static_cast<guint8>((x - 2 * index) * 9 ^ y * 5);
    }
  }
  Ref<GstBuffer> buffer = make_array(pixels);
  GST_BUFFER_PTS(buffer.get()) = index * kFrame;
  GST_BUFFER_DURATION(buffer.get()) = kFrame;
  return buffer;
}

// The flow result of a buffer; `skipped` is "no meta" if there is none.
GstTorchFlow flow_of(const Ref<GstBuffer>& buffer) {
  GstTorchFlow flow{};
  flow.skipped = "no meta";
  GstCustomMeta* meta = buffer ? gst_buffer_get_torch_flow_meta(buffer.get(), nullptr) : nullptr;
  if (meta) gst_torch_flow_meta_read(meta, &flow);
  return flow;
}

// The reason why each of `count` frames has no flow, or "" if it has one.
std::vector<std::string> skips(Harness& harness, int count, int first = 0) {
  std::vector<std::string> reasons;
  for (int i = first; i < first + count; i++) {
    const Ref<GstBuffer> out = harness.push_and_pull(frame(i));
    const GstTorchFlow flow = flow_of(out);
    reasons.push_back(flow.skipped ? flow.skipped : "");
  }
  return reasons;
}

TEST(RaftFlow, passes_the_same_buffer_and_memory_and_attaches_the_flow) {
  Harness harness(make_raftflow());
  harness.set_caps(caps());
  EXPECT_STREQ(flow_of(harness.push_and_pull(frame(0))).skipped, "first-frame");
  Ref<GstBuffer> in = frame(1);
  GstBuffer* const buffer = in.get();
  GstMemory* const memory = gst_buffer_peek_memory(buffer, 0);
  const std::vector<guint8> pixels = bytes_of(buffer);
  const Ref<GstBuffer> out = harness.push_and_pull(std::move(in));
  EXPECT_EQ(out.get(), buffer);
  EXPECT_EQ(gst_buffer_peek_memory(out.get(), 0), memory);
  EXPECT_EQ(bytes_of(out.get()), pixels);
  EXPECT_EQ(GST_BUFFER_PTS(out.get()), kFrame);

  const GstTorchFlow flow = flow_of(out);
  EXPECT_EQ(flow.skipped, nullptr);
  EXPECT_EQ(flow.width, static_cast<guint>(kWidth));
  EXPECT_EQ(flow.height, static_cast<guint>(kHeight));
  EXPECT_EQ(flow.reference_pts, 0u);
  EXPECT_EQ(flow.dt, static_cast<GstClockTimeDiff>(kFrame));
  EXPECT_EQ(flow.iterations, 2u);
  EXPECT_STREQ(flow.source, "flow");
  EXPECT_STREQ(flow.model, "raft-small");
  EXPECT_GT(flow.max_magnitude, 0);
  const std::vector<guint8> bytes = bytes_of(flow.flow);
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  double x = 0, y = 0;
  for (std::size_t i = 0; i + 1 < values.size(); i += 2) {
    x += values[i];
    y += values[i + 1];
  }
  EXPECT_NEAR(flow.mean_x, x / (kWidth * kHeight), 1e-4);
  EXPECT_NEAR(flow.mean_y, y / (kWidth * kHeight), 1e-4);
  EXPECT_EQ(gst_buffer_get_size(flow.flow), kWidth * kHeight * 2 * sizeof(float));
}

TEST(RaftFlow, does_not_copy_pixels_of_a_buffer_with_other_references) {
  Harness harness(make_raftflow());
  harness.set_caps(caps());
  Ref<GstBuffer> in = frame(0);
  const Ref<GstBuffer> held = in;
  const Ref<GstBuffer> out = harness.push_and_pull(std::move(in));
  EXPECT_NE(out.get(), held.get());
  EXPECT_EQ(gst_buffer_peek_memory(out.get(), 0), gst_buffer_peek_memory(held.get(), 0));
  EXPECT_EQ(gst_buffer_get_torch_flow_meta(held.get(), nullptr), nullptr);
}

TEST(RaftFlow, flow_outlives_the_element) {
  Ref<GstBuffer> out;
  {
    Harness harness(make_raftflow());
    harness.set_caps(caps());
    harness.push_and_pull(frame(0));
    out = harness.push_and_pull(frame(1));
  }
  const std::vector<guint8> bytes = bytes_of(flow_of(out).flow);
  const auto* vectors = reinterpret_cast<const float*>(bytes.data());
  for (int i = 0; i < kWidth * kHeight * 2; i++) ASSERT_TRUE(std::isfinite(vectors[i]));
}

TEST(RaftFlow, restarts_after_a_flush_and_changed_caps) {
  Harness harness(make_raftflow());
  harness.set_caps(caps());
  EXPECT_THAT(skips(harness, 2), testing::ElementsAre("first-frame", ""));
  harness.push_event(gst_event_new_flush_start());
  harness.push_event(gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  harness.push_event(gst_event_new_segment(&segment));
  EXPECT_THAT(skips(harness, 2, 2), testing::ElementsAre("first-frame", ""));
  harness.set_caps(caps(64, 40));
  EXPECT_STREQ(flow_of(harness.push_and_pull(frame(4, 64, 40))).skipped, "first-frame");
  EXPECT_EQ(flow_of(harness.push_and_pull(frame(5, 64, 40))).width, 64u);
}

TEST(RaftFlow, restarts_at_a_discontinuity_only_where_time_jumps) {
  Harness harness(make_raftflow());
  harness.set_caps(caps());
  skips(harness, 2);
  Ref<GstBuffer> near = frame(2);
  GST_BUFFER_FLAG_SET(near.get(), GST_BUFFER_FLAG_DISCONT);
  EXPECT_EQ(flow_of(harness.push_and_pull(std::move(near))).skipped, nullptr);
  Ref<GstBuffer> far = frame(50);
  GST_BUFFER_FLAG_SET(far.get(), GST_BUFFER_FLAG_DISCONT);
  EXPECT_STREQ(flow_of(harness.push_and_pull(std::move(far))).skipped, "first-frame");
}

TEST(RaftFlow, lag_sets_the_frames_between_the_two_of_a_pair) {
  Harness harness(make_raftflow("lag", "3"));
  harness.set_caps(caps());
  EXPECT_THAT(skips(harness, 3), testing::Each("first-frame"));
  EXPECT_EQ(flow_of(harness.push_and_pull(frame(3))).dt, static_cast<GstClockTimeDiff>(3 * kFrame));
  EXPECT_EQ(flow_of(harness.push_and_pull(frame(4))).reference_pts, kFrame);
}

TEST(RaftFlow, inference_interval_skips_frames_and_says_so) {
  Harness harness(make_raftflow("inference-interval", "3"));
  harness.set_caps(caps());
  EXPECT_THAT(skips(harness, 7),
              testing::ElementsAre("first-frame", "inference-interval", "inference-interval", "",
                                   "inference-interval", "inference-interval", ""));
}

TEST(RaftFlow, a_frame_without_a_result_still_is_the_previous_frame) {
  Harness harness(make_raftflow("inference-interval", "3"));
  harness.set_caps(caps());
  EXPECT_THAT(skips(harness, 3),
              testing::ElementsAre("first-frame", "inference-interval", "inference-interval"));
  EXPECT_EQ(flow_of(harness.push_and_pull(frame(3))).dt, static_cast<GstClockTimeDiff>(kFrame));
}

TEST(RaftFlow, direction_and_format_decide_which_arrays_are_attached) {
  Harness harness(make_raftflow("direction", "both"));
  g_object_set(harness.element(), "flow-format", GST_TORCH_FLOW_FORMAT_F16, nullptr);
  harness.set_caps(caps());
  harness.push_and_pull(frame(0));
  const Ref<GstBuffer> out = harness.push_and_pull(frame(1));
  const GstTorchFlow flow = flow_of(out);
  EXPECT_EQ(flow.direction, GST_TORCH_FLOW_BOTH);
  EXPECT_EQ(flow.format, GST_TORCH_FLOW_FORMAT_F16);
  EXPECT_EQ(gst_buffer_get_size(flow.flow), kWidth * kHeight * 2 * 2u);
  EXPECT_EQ(gst_buffer_get_size(flow.backward_flow), kWidth * kHeight * 2 * 2u);
  EXPECT_EQ(gst_buffer_get_size(flow.confidence), kWidth * kHeight * sizeof(float));
  g_object_set(harness.element(), "direction", GST_TORCH_FLOW_BACKWARD, nullptr);
  const Ref<GstBuffer> next = harness.push_and_pull(frame(2));
  EXPECT_EQ(flow_of(next).direction, GST_TORCH_FLOW_BACKWARD);
  EXPECT_EQ(flow_of(next).confidence, nullptr);
}

TEST(RaftFlow, attach_chooses_between_arrays_numbers_and_nothing) {
  Harness harness(make_raftflow("attach", "summary"));
  harness.set_caps(caps());
  harness.push_and_pull(frame(0));
  const Ref<GstBuffer> summary = harness.push_and_pull(frame(1));
  EXPECT_EQ(flow_of(summary).flow, nullptr);
  EXPECT_GT(flow_of(summary).mean_magnitude, 0);
  gst_util_set_object_arg(G_OBJECT(harness.element()), "attach", "none");
  EXPECT_STREQ(flow_of(harness.push_and_pull(frame(2))).skipped, "no meta");
}

TEST(RaftFlow, iterations_and_convergence_decide_how_long_it_searches) {
  Harness harness(make_raftflow("iterations", "5"));
  harness.set_caps(caps());
  harness.push_and_pull(frame(0));
  EXPECT_EQ(flow_of(harness.push_and_pull(frame(1))).iterations, 5u);
  g_object_set(harness.element(), "convergence", 100., nullptr);
  EXPECT_EQ(flow_of(harness.push_and_pull(frame(2))).iterations, 3u);
}

// Mean magnitude of the third frame's flow after one property was changed.
double third_magnitude(const char* property, const char* value) {
  Harness harness(make_raftflow(property, value));
  harness.set_caps(caps(192, 160));
  for (int i = 0; i < 2; i++) harness.push_and_pull(frame(i, 192, 160));
  const Ref<GstBuffer> out = harness.push_and_pull(frame(2, 192, 160));
  return flow_of(out).mean_magnitude;
}

TEST(RaftFlow, warm_start_and_max_size_change_the_flow) {
  const double plain = third_magnitude("warm-start", "false");
  EXPECT_EQ(third_magnitude("warm-start", "false"), plain);
  EXPECT_NE(third_magnitude("warm-start", "true"), plain);
  EXPECT_NE(third_magnitude("max-size", "128"), plain);
}

TEST(RaftFlow, precision_changes_the_flow_a_little) {
  SKIP_WITHOUT_BF16();
  const double exact = third_magnitude("precision", "fp32");
  EXPECT_EQ(third_magnitude("precision", "auto"), exact);
  EXPECT_NE(third_magnitude("precision", "bf16"), exact);
  EXPECT_NEAR(third_magnitude("precision", "bf16"), exact, 0.05 * exact);
}

// A frame with a result of a scenedetect upstream.
Ref<GstBuffer> frame_with(GstTorchShotBoundary boundary, int index) {
  Ref<GstBuffer> buffer = frame(index);
  GstTorchShot shot{};
  shot.source = "scenedetect0";
  shot.boundary = boundary;
  gst_buffer_add_torch_shot_meta(buffer.get(), &shot);
  return buffer;
}

TEST(RaftFlow, computes_no_flow_across_a_cut) {
  Harness harness(make_raftflow());
  harness.set_caps(caps());
  skips(harness, 2);
  const auto pushed = [&](GstTorchShotBoundary boundary, int index) {
    const Ref<GstBuffer> out = harness.push_and_pull(frame_with(boundary, index));
    const gchar* skipped = flow_of(out).skipped;
    return std::string(skipped ? skipped : "");
  };
  EXPECT_EQ(pushed(GST_TORCH_SHOT_BOUNDARY_NONE, 2), "");
  EXPECT_EQ(pushed(GST_TORCH_SHOT_BOUNDARY_CUT, 3), "cut");
  EXPECT_EQ(pushed(GST_TORCH_SHOT_BOUNDARY_NONE, 4), "");
  EXPECT_EQ(pushed(GST_TORCH_SHOT_BOUNDARY_DISSOLVE, 5), "");
  g_object_set(harness.element(), "reset-on-cut", FALSE, nullptr);
  EXPECT_EQ(pushed(GST_TORCH_SHOT_BOUNDARY_CUT, 6), "");
}

// Mean magnitude of the flow to the third frame.
double magnitude_after(GstTorchShotBoundary boundary, bool warm_start, bool reset_on_cut) {
  Harness harness(make_raftflow("warm-start", warm_start ? "true" : "false"));
  g_object_set(harness.element(), "reset-on-cut", static_cast<gboolean>(reset_on_cut), nullptr);
  harness.set_caps(caps());
  for (int i = 0; i < 2; i++) harness.push_and_pull(frame(i));
  return flow_of(harness.push_and_pull(frame_with(boundary, 2))).mean_magnitude;
}

TEST(RaftFlow, starts_no_search_from_another_shot) {
  const auto dissolve = GST_TORCH_SHOT_BOUNDARY_DISSOLVE;
  const double cold = magnitude_after(dissolve, false, true);
  EXPECT_EQ(magnitude_after(dissolve, true, true), cold);
  EXPECT_NE(magnitude_after(dissolve, true, false), cold);
  EXPECT_NE(magnitude_after(GST_TORCH_SHOT_BOUNDARY_NONE, true, true), cold);
}

TEST(RaftFlow, message_has_the_fields_of_the_meta) {
  Harness harness(make_raftflow("post-messages", "true"));
  harness.set_caps(caps());
  harness.push_and_pull(frame(0));
  const auto out = harness.push_and_pull(frame(1));
  const auto message = harness.bus.pop(GST_MESSAGE_ELEMENT);
  ASSERT_TRUE(message);
  GstTorchFlow flow;
  ASSERT_TRUE(gst_torch_flow_meta_read(gst_buffer_get_torch_flow_meta(out.get(), nullptr), &flow));
  guint64 pts = 0, reference = 1;
  double mean = 0;
  ASSERT_TRUE(gst_structure_get(gst_message_get_structure(message.get()), "timestamp",
                                G_TYPE_UINT64, &pts, "reference-pts", G_TYPE_UINT64, &reference,
                                "mean-magnitude", G_TYPE_DOUBLE, &mean, nullptr));
  EXPECT_EQ(pts, GST_BUFFER_PTS(out.get()));
  EXPECT_EQ(reference, flow.reference_pts);
  EXPECT_LT(reference, pts);
  EXPECT_EQ(mean, flow.mean_magnitude);
}

TEST(RaftFlow, posts_a_message_for_each_flow_when_asked_and_counts_frames) {
  Harness harness(make_raftflow("post-messages", "true"));
  harness.set_caps(caps());
  skips(harness, 3);
  EXPECT_EQ(harness.bus.take(GST_MESSAGE_ELEMENT).size(), 2u);
  g_object_set(harness.element(), "post-messages", FALSE, nullptr);
  skips(harness, 1, 3);
  EXPECT_EQ(harness.bus.take(GST_MESSAGE_ELEMENT).size(), 0u);

  GstStructure* stats = nullptr;
  g_object_get(harness.element(), "stats", &stats, nullptr);
  guint64 frames = 0, pairs = 0;
  gst_structure_get(stats, "frames", G_TYPE_UINT64, &frames, "pairs", G_TYPE_UINT64, &pairs,
                    nullptr);
  EXPECT_EQ(frames, 4u);
  EXPECT_EQ(pairs, 3u);
  EXPECT_STREQ(gst_structure_get_string(stats, "device"), "cpu");
  gst_structure_free(stats);
}

// --- memory

TEST(RaftFlow, reduces_its_work_if_memory_is_short_and_warns_once) {
  Harness harness(make_raftflow());
  harness.set_caps(caps(512, 384));
  harness.push_and_pull(frame(0, 512, 384));
  const Ref<GstBuffer> full = harness.push_and_pull(frame(1, 512, 384));
  EXPECT_THAT(harness.bus.take(GST_MESSAGE_WARNING), testing::SizeIs(0));
  g_object_set(harness.element(), "memory-limit", guint64{24} << 20, nullptr);
  harness.push_and_pull(frame(2, 512, 384));
  harness.push_and_pull(frame(3, 512, 384));
  const Ref<GstBuffer> limited = harness.push_and_pull(frame(4, 512, 384));
  EXPECT_EQ(flow_of(limited).skipped, nullptr);
  EXPECT_EQ(flow_of(limited).width, 512u);
  const auto warnings = harness.bus.take(GST_MESSAGE_WARNING);
  ASSERT_THAT(warnings, testing::SizeIs(1));
  EXPECT_THAT(warnings[0], testing::HasSubstr("within the memory limit"));
}

TEST(RaftFlow, fails_cleanly_where_memory_is_too_little_for_anything) {
  Harness harness(make_raftflow());
  g_object_set(harness.element(), "memory-limit", guint64{1} << 20, nullptr);
  harness.set_caps(caps(512, 384));
  harness.push(frame(0, 512, 384));
  EXPECT_THAT(
      harness.bus.wait_for(GST_MESSAGE_ERROR),
      testing::StartsWith(error_prefix(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT)));
}

TEST(RaftFlow, batches_are_cut_to_what_memory_allows) {
  Harness harness(make_raftflow("batch-size", "4"));
  g_object_set(harness.element(), "memory-limit", guint64{40} << 20, "batch-timeout",
               guint64{5} * GST_SECOND, nullptr);
  harness.set_caps(caps(512, 384));
  for (int i = 0; i < 4; i++) harness.push(frame(i, 512, 384));
  for (int i = 0; i < 4; i++) {
    const Ref<GstBuffer> out = harness.pull();
    EXPECT_EQ(flow_of(out).skipped == nullptr, i > 0);
  }
  EXPECT_THAT(harness.bus.take(GST_MESSAGE_ERROR), testing::SizeIs(0));
}

// The error on the bus when an element fails to start or to process one frame.
std::string error_with(const char* property, const char* value) {
  const auto element =
      Ref<GstElement>::adopt(GST_ELEMENT(gst_object_ref_sink(make_raftflow(property, value))));
  ElementBus bus(element.get());
  if (gst_element_set_state(element.get(), GST_STATE_READY) != GST_STATE_CHANGE_FAILURE) {
    GstPad* pad = gst_element_get_static_pad(element.get(), "sink");
    gst_element_set_state(element.get(), GST_STATE_PAUSED);
    gst_pad_send_event(pad, gst_event_new_stream_start("test"));
    GstCaps* const negotiated = gst_caps_from_string(caps().c_str());
    gst_pad_send_event(pad, gst_event_new_caps(negotiated));
    gst_caps_unref(negotiated);
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_send_event(pad, gst_event_new_segment(&segment));
    while (gst_pad_chain(pad, frame(0).release()) == GST_FLOW_OK) g_usleep(1000);
    gst_object_unref(pad);
  }
  const auto errors = bus.take(GST_MESSAGE_ERROR);
  gst_element_set_state(element.get(), GST_STATE_NULL);
  return errors.size() == 1 ? errors[0] : std::to_string(errors.size()) + " errors";
}

TEST(RaftFlow, names_the_command_that_gets_missing_weights) {
  const TempDirectory empty;
  const char* before = std::getenv("GST_TORCH_MODELS_DIR");
  const std::string saved = before ? before : "";
  setenv("GST_TORCH_MODELS_DIR", empty.path().c_str(), 1);
  const std::string text = error_with("model", "raft-large");
  before ? setenv("GST_TORCH_MODELS_DIR", saved.c_str(), 1) : unsetenv("GST_TORCH_MODELS_DIR");
  EXPECT_THAT(text,
              testing::StartsWith(error_prefix(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND)));
  EXPECT_THAT(text, testing::HasSubstr("gst-torch models fetch raft-large"));
}

TEST(RaftFlow, refuses_a_device_that_is_not_there) {
  EXPECT_THAT(error_with("device", "cuda:63"), testing::HasSubstr("cuda"));
}

TEST(RaftFlow, refuses_a_precision_that_the_device_lacks) {
  EXPECT_THAT(error_with("precision", "fp16"),
              testing::HasSubstr("precision fp16 requires a CUDA device"));
  if (!cpu_has_bf16()) {
    EXPECT_THAT(error_with("precision", "bf16"), testing::HasSubstr("AVX512_BF16"));
  }
}

TEST(RaftFlow, refuses_a_file_that_holds_no_weights) {
  const TempDirectory directory;
  write_text(directory.path("bad.pth"), "not weights");
  EXPECT_THAT(error_with("model", directory.path("bad.pth").c_str()),
              testing::HasSubstr("bad.pth"));
}

}  // namespace
}  // namespace gsttorch
