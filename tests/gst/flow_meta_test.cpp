// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/gst_support.h"

namespace gsttorch {
namespace {

constexpr char kCaps[] = "video/x-raw,format=RGB,width=8,height=4,framerate=25/1";

Ref<GstBuffer> frame_with_flow(GstBuffer* flow) {
  auto frame = make_buffer(8 * 4 * 3);
  const GstTorchFlow description = describe_flow(8, 4, flow);
  gst_buffer_add_torch_flow_meta(frame.get(), &description);
  return frame;
}

Ref<GstBuffer> through(const std::string& launch_line) {
  Harness harness(launch_line);
  harness.set_caps(kCaps);
  const auto flow = constant_flow(8, 4, 1, 2);
  return harness.push_and_pull(frame_with_flow(flow.get()));
}

bool read(GstBuffer* frame, GstTorchFlow* flow, const char* source = nullptr) {
  GstCustomMeta* meta = gst_buffer_get_torch_flow_meta(frame, source);
  return meta && gst_torch_flow_meta_read(meta, flow);
}

TEST(FlowMeta, returns_what_was_attached) {
  const auto array = constant_flow(8, 4, 1, 2), backward = constant_flow(8, 4, -1, -2);
  const auto confidence = make_buffer(8 * 4 * 4);
  GstTorchFlow in = describe_flow(8, 4, array.get());
  in.direction = GST_TORCH_FLOW_BOTH;
  in.format = GST_TORCH_FLOW_FORMAT_F16;
  in.backward_flow = backward.get();
  in.confidence = confidence.get();
  in.reference_pts = 7;
  in.dt = -9;
  in.flat = TRUE;
  auto frame = make_buffer(1);
  ASSERT_NE(gst_buffer_add_torch_flow_meta(frame.get(), &in), nullptr);

  GstTorchFlow out;
  ASSERT_TRUE(read(frame.get(), &out));
  EXPECT_EQ(out.width, 8u);
  EXPECT_EQ(out.height, 4u);
  EXPECT_EQ(out.grid_width, 8u);
  EXPECT_EQ(out.grid_height, 4u);
  EXPECT_EQ(out.direction, GST_TORCH_FLOW_BOTH);
  EXPECT_EQ(out.format, GST_TORCH_FLOW_FORMAT_F16);
  EXPECT_EQ(out.reference_pts, 7u);
  EXPECT_EQ(out.dt, -9);
  EXPECT_TRUE(out.flat);
  EXPECT_EQ(out.iterations, 12u);
  EXPECT_EQ(out.mean_magnitude, 1.5);
  EXPECT_EQ(out.max_magnitude, 2.5);
  EXPECT_EQ(out.mean_x, 1);
  EXPECT_EQ(out.mean_y, -0.5);
  EXPECT_STREQ(out.source, "raftflow0");
  EXPECT_STREQ(out.model, "raft-small");
  EXPECT_EQ(out.skipped, nullptr);
  EXPECT_EQ(out.flow, array.get());
  EXPECT_EQ(out.backward_flow, backward.get());
  EXPECT_EQ(out.confidence, confidence.get());
}

TEST(FlowMeta, says_why_there_is_no_flow) {
  GstTorchFlow in = describe_flow(8, 4, nullptr);
  in.model = nullptr;
  in.skipped = "first-frame";
  auto frame = make_buffer(1);
  gst_buffer_add_torch_flow_meta(frame.get(), &in);
  GstTorchFlow out;
  ASSERT_TRUE(read(frame.get(), &out));
  EXPECT_STREQ(out.skipped, "first-frame");
  EXPECT_EQ(out.model, nullptr);
  EXPECT_EQ(out.flow, nullptr);
}

TEST(FlowMeta, of_several_elements_is_found_by_name_and_in_order) {
  const auto array = constant_flow(8, 4, 1, 2);
  auto frame = frame_with_flow(array.get());
  gst_buffer_add_video_region_of_interest_meta(frame.get(), "of another kind", 0, 0, 1, 1);
  GstTorchFlow second = describe_flow(8, 4, nullptr);
  second.source = "raftflow1";
  gst_buffer_add_torch_flow_meta(frame.get(), &second);

  std::vector<std::string> sources;
  gpointer state = nullptr;
  GstTorchFlow flow;
  while (GstCustomMeta* meta = gst_buffer_iterate_torch_flow_meta(frame.get(), &state)) {
    ASSERT_TRUE(gst_torch_flow_meta_read(meta, &flow));
    sources.push_back(flow.source);
  }
  EXPECT_THAT(sources, ::testing::ElementsAre("raftflow0", "raftflow1"));
  ASSERT_TRUE(read(frame.get(), &flow, "raftflow1"));
  EXPECT_STREQ(flow.source, "raftflow1");
  EXPECT_EQ(gst_buffer_get_torch_flow_meta(frame.get(), "raftflow2"), nullptr);
}

TEST(FlowMeta, is_readable_without_our_header) {
  const auto array = constant_flow(8, 4, 1, 2);
  const auto frame = frame_with_flow(array.get());
  GstCustomMeta* meta = gst_buffer_get_custom_meta(frame.get(), "GstTorchFlowMeta");
  ASSERT_NE(meta, nullptr);
  const GstStructure* s = gst_custom_meta_get_structure(meta);
  EXPECT_STREQ(gst_structure_get_string(s, "source"), "raftflow0");
  EXPECT_STREQ(gst_structure_get_string(s, "direction"), "forward");
  EXPECT_STREQ(gst_structure_get_string(s, "format"), "f32");
  guint grid_width = 0;
  EXPECT_TRUE(gst_structure_get_uint(s, "grid-width", &grid_width));
  EXPECT_EQ(grid_width, 8u);
  gint64 dt = 0;
  EXPECT_TRUE(gst_structure_get_int64(s, "dt", &dt));
  EXPECT_EQ(dt, 40000000);
  guint64 reference_pts = 1;
  EXPECT_TRUE(gst_structure_get_uint64(s, "reference-pts", &reference_pts));
  EXPECT_EQ(reference_pts, 0u);
  double mean = 0;
  EXPECT_TRUE(gst_structure_get_double(s, "mean-magnitude", &mean));
  EXPECT_EQ(mean, 1.5);
  const GValue* flow = gst_structure_get_value(s, "flow");
  ASSERT_TRUE(flow && G_VALUE_HOLDS(flow, GST_TYPE_BUFFER));
  EXPECT_EQ(gst_buffer_get_size(gst_value_get_buffer(flow)), 8u * 4 * 2 * sizeof(float));
}

TEST(FlowMeta, of_another_shape_is_not_read) {
  auto frame = make_buffer(1);
  const GstTorchFlow in = describe_flow(8, 4, nullptr);
  GstCustomMeta* meta = gst_buffer_add_torch_flow_meta(frame.get(), &in);
  // Some required fields: the first ones that the reader looks up and the last one.
  for (const char* field : {"max-magnitude", "grid-width", "width"}) {
    gst_structure_remove_field(gst_custom_meta_get_structure(meta), field);
    GstTorchFlow out;
    std::memset(&out, 1, sizeof out);
    EXPECT_FALSE(gst_torch_flow_meta_read(meta, &out));
    const GstTorchFlow zero = {};
    EXPECT_EQ(std::memcmp(&out, &zero, sizeof out), 0) << "without " << field;
  }
}

TEST(FlowMeta, shares_its_arrays_with_copies_of_the_buffer_and_releases_them) {
  const auto array = constant_flow(8, 4, 1, 2);
  {
    const auto frame = frame_with_flow(array.get());
    const auto copy = Ref<GstBuffer>::adopt(gst_buffer_copy(frame.get()));
    GstTorchFlow flow;
    ASSERT_TRUE(read(copy.get(), &flow));
    EXPECT_EQ(flow.flow, array.get());
  }
  EXPECT_EQ(GST_MINI_OBJECT_REFCOUNT_VALUE(array.get()), 1);
}

TEST(FlowMeta, is_not_on_a_part_of_the_buffer) {
  const auto array = constant_flow(8, 4, 1, 2);
  const auto frame = frame_with_flow(array.get());
  const auto part =
      Ref<GstBuffer>::adopt(gst_buffer_copy_region(frame.get(), GST_BUFFER_COPY_ALL, 3, 5));
  EXPECT_EQ(gst_buffer_get_torch_flow_meta(part.get(), nullptr), nullptr);
}

TEST(FlowMeta, survives_conversion_and_queueing) {
  const auto frame = through("queue ! videoconvert ! video/x-raw,format=I420 ! queue");
  ASSERT_TRUE(frame);
  GstTorchFlow flow;
  ASSERT_TRUE(read(frame.get(), &flow));
  EXPECT_EQ(flow.width, 8u);
  EXPECT_EQ(flow.mean_magnitude, 1.5);
  EXPECT_EQ(gst_buffer_get_size(flow.flow), 8u * 4 * 2 * sizeof(float));
}

TEST(FlowMeta, is_rescaled_with_the_video) {
  const auto frame = through("videoscale ! capsfilter caps=video/x-raw,width=16,height=8");
  ASSERT_TRUE(frame);
  GstTorchFlow flow;
  ASSERT_TRUE(read(frame.get(), &flow));
  EXPECT_EQ(flow.width, 16u);
  EXPECT_EQ(flow.height, 8u);
  EXPECT_EQ(flow.mean_magnitude, 3);
  EXPECT_EQ(flow.max_magnitude, 5);
  EXPECT_EQ(flow.mean_x, 2);
  EXPECT_EQ(flow.mean_y, -1);
  EXPECT_EQ(flow.grid_width, 8u) << "the array is what it was";
  EXPECT_EQ(flow.grid_height, 4u);
}

/// Scales an 8x4 frame with this flow to 32x4 (x by 4, y by 1) and reads its flow.
GstTorchFlow scaled(const GstTorchFlow& flow, Ref<GstBuffer>* frame) {
  Harness harness("videoscale ! capsfilter caps=video/x-raw,width=32,height=4");
  harness.set_caps(kCaps);
  *frame = make_buffer(8 * 4 * 3);
  gst_buffer_add_torch_flow_meta(frame->get(), &flow);
  *frame = harness.push_and_pull(std::move(*frame));
  GstTorchFlow out{};
  EXPECT_TRUE(*frame && read(frame->get(), &out));
  EXPECT_EQ(out.width, 32u);
  EXPECT_EQ(out.height, 4u);
  return out;
}

TEST(FlowMeta, is_measured_again_where_the_axes_scale_differently) {
  const auto array = constant_flow(8, 4, 1, 3);
  GstTorchFlow flow = describe_flow(8, 4, array.get());
  flow.mean_magnitude = flow.max_magnitude = std::sqrt(10.);
  Ref<GstBuffer> frame;
  const GstTorchFlow out = scaled(flow, &frame);
  EXPECT_DOUBLE_EQ(out.mean_magnitude, 5);
  EXPECT_DOUBLE_EQ(out.max_magnitude, 5);
  EXPECT_EQ(out.mean_x, 4);
  EXPECT_EQ(out.mean_y, -0.5);
}

TEST(FlowMeta, without_a_mean_vector_does_not_invent_one) {
  const auto frame = make_buffer(8 * 4 * 3);
  const GstTorchFlow flow = describe_flow(8, 4, nullptr);
  GstCustomMeta* meta = gst_buffer_add_torch_flow_meta(frame.get(), &flow);
  gst_structure_remove_fields(gst_custom_meta_get_structure(meta), "mean-x", nullptr);
  GstTorchFlow out;
  ASSERT_TRUE(read(frame.get(), &out));
  EXPECT_TRUE(std::isnan(out.mean_x));
  EXPECT_TRUE(std::isnan(out.mean_y));
}

TEST(FlowMeta, of_half_precision_is_measured_again_too) {
  const auto array = make_array(std::vector<guint16>(8 * 4 * 2, 0x3c00));  // 1.0 as half precision
  GstTorchFlow flow = describe_flow(8, 4, array.get());
  flow.format = GST_TORCH_FLOW_FORMAT_F16;
  Ref<GstBuffer> frame;
  EXPECT_DOUBLE_EQ(scaled(flow, &frame).mean_magnitude, std::sqrt(17.));
}

TEST(FlowMeta, without_a_readable_array_scales_its_magnitudes_by_the_geometric_mean) {
  const auto too_small = constant_flow(2, 2, 1, 3);
  for (GstBuffer* array : {static_cast<GstBuffer*>(nullptr), too_small.get()}) {
    Ref<GstBuffer> frame;
    const GstTorchFlow out = scaled(describe_flow(8, 4, array), &frame);
    EXPECT_DOUBLE_EQ(out.mean_magnitude, 3);
    EXPECT_DOUBLE_EQ(out.max_magnitude, 5);
  }
}

TEST(FlowMeta, array_is_not_read_if_both_axes_scale_alike) {
  const auto array = constant_flow(8, 4, 100, 100);  // differs from the description
  const auto flow = describe_flow(8, 4, array.get());
  Harness harness("videoscale ! capsfilter caps=video/x-raw,width=16,height=8");
  harness.set_caps(kCaps);
  auto frame = make_buffer(8 * 4 * 3);
  gst_buffer_add_torch_flow_meta(frame.get(), &flow);
  frame = harness.push_and_pull(std::move(frame));
  GstTorchFlow out;
  ASSERT_TRUE(read(frame.get(), &out));
  EXPECT_EQ(out.mean_magnitude, 3);
}

TEST(Flow, that_owns_what_it_holds_outlives_its_frame) {
  auto array = constant_flow(8, 4, 1, 2);
  auto frame = frame_with_flow(array.get());
  g_autoptr(GstTorchFlow) flow = gst_buffer_get_torch_flow(frame.get(), "raftflow0");
  ASSERT_NE(flow, nullptr);
  frame = {};
  EXPECT_STREQ(flow->source, "raftflow0");
  EXPECT_STREQ(flow->model, "raft-small");
  EXPECT_EQ(flow->skipped, nullptr);
  EXPECT_EQ(flow->dt, 40000000);
  EXPECT_EQ(flow->flow, array.get());
  EXPECT_EQ(GST_MINI_OBJECT_REFCOUNT_VALUE(array.get()), 2);
  g_clear_pointer(&flow, gst_torch_flow_free);
  EXPECT_EQ(GST_MINI_OBJECT_REFCOUNT_VALUE(array.get()), 1);
}

TEST(Flow, is_found_by_the_name_of_its_element) {
  const auto array = constant_flow(8, 4, 1, 2);
  const auto frame = frame_with_flow(array.get());
  EXPECT_EQ(gst_buffer_get_torch_flow(frame.get(), "raftflow1"), nullptr);
  EXPECT_EQ(gst_buffer_get_torch_flow(make_buffer(1).get(), nullptr), nullptr);
}

TEST(Flow, that_can_be_read_is_found_behind_one_that_cannot) {
  auto frame = make_buffer(1);
  GstTorchFlow flow = describe_flow(8, 4, nullptr);
  GstCustomMeta* broken = gst_buffer_add_torch_flow_meta(frame.get(), &flow);
  gst_structure_remove_field(gst_custom_meta_get_structure(broken), "dt");
  flow.iterations = 3;
  gst_buffer_add_torch_flow_meta(frame.get(), &flow);
  g_autoptr(GstTorchFlow) found = gst_buffer_get_torch_flow(frame.get(), "raftflow0");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->iterations, 3u);
}

TEST(Flow, of_several_elements_is_listed_in_order_without_what_cannot_be_read) {
  const auto array = constant_flow(8, 4, 1, 2);
  auto frame = frame_with_flow(array.get());
  GstTorchFlow other = describe_flow(8, 4, nullptr);
  GstCustomMeta* broken = gst_buffer_add_torch_flow_meta(frame.get(), &other);
  gst_structure_remove_field(gst_custom_meta_get_structure(broken), "dt");
  other.source = "raftflow1";
  gst_buffer_add_torch_flow_meta(frame.get(), &other);
  GList* flows = gst_buffer_list_torch_flows(frame.get());
  std::vector<std::string> sources;
  for (GList* item = flows; item; item = item->next) {
    sources.push_back(static_cast<GstTorchFlow*>(item->data)->source);
  }
  g_list_free_full(flows,
                   [](gpointer flow) { gst_torch_flow_free(static_cast<GstTorchFlow*>(flow)); });
  EXPECT_THAT(sources, ::testing::ElementsAre("raftflow0", "raftflow1"));
  EXPECT_EQ(gst_buffer_list_torch_flows(make_buffer(1).get()), nullptr);
}

TEST(Flow, is_made_with_what_is_known_of_it) {
  const auto array = constant_flow(2, 1, 1, 2), backward = constant_flow(2, 1, -1, -2);
  const auto confidence = make_buffer(8);
  g_autoptr(GstTorchFlow) flow =
      gst_torch_flow_new("mine", array.get(), backward.get(), confidence.get());
  EXPECT_STREQ(flow->source, "mine");
  EXPECT_EQ(flow->flow, array.get());
  EXPECT_EQ(flow->backward_flow, backward.get());
  EXPECT_EQ(flow->confidence, confidence.get());
  EXPECT_EQ(flow->reference_pts, GST_CLOCK_TIME_NONE);
  EXPECT_EQ(flow->dt, GST_CLOCK_STIME_NONE);
  g_autoptr(GstTorchFlow) copy =
      static_cast<GstTorchFlow*>(g_boxed_copy(GST_TYPE_TORCH_FLOW, flow));
  EXPECT_NE(copy->source, flow->source);
  EXPECT_STREQ(copy->source, "mine");
  EXPECT_EQ(copy->backward_flow, backward.get());
  EXPECT_EQ(GST_MINI_OBJECT_REFCOUNT_VALUE(array.get()), 3);
}

TEST(Flow, gives_the_array_that_points_the_way_that_is_asked_for) {
  const auto first = constant_flow(1, 1, 1, 2), second = constant_flow(1, 1, -1, -2);
  g_autoptr(GstTorchFlow) flow = gst_torch_flow_new("mine", first.get(), second.get(), nullptr);
  const auto pointing = [&](GstTorchFlowDirection direction) {
    return Ref<GstBuffer>::adopt(gst_torch_flow_get_vectors(flow, direction)).get();
  };
  flow->direction = GST_TORCH_FLOW_BOTH;
  EXPECT_EQ(pointing(GST_TORCH_FLOW_FORWARD), first.get());
  EXPECT_EQ(pointing(GST_TORCH_FLOW_BACKWARD), second.get());
  flow->direction = GST_TORCH_FLOW_FORWARD;
  EXPECT_EQ(pointing(GST_TORCH_FLOW_FORWARD), first.get());
  EXPECT_EQ(pointing(GST_TORCH_FLOW_BACKWARD), nullptr);
  flow->direction = GST_TORCH_FLOW_BACKWARD;
  EXPECT_EQ(pointing(GST_TORCH_FLOW_FORWARD), nullptr);
  EXPECT_EQ(pointing(GST_TORCH_FLOW_BACKWARD), first.get());
  EXPECT_EQ(gst_torch_flow_get_confidence(flow), nullptr);
}

}  // namespace
}  // namespace gsttorch
