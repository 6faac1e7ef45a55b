// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
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

TEST(FlowMeta, gives_back_what_was_put_in) {
  const auto array = constant_flow(8, 4, 1, 2), backward = constant_flow(8, 4, -1, -2);
  const auto confidence = make_buffer(8 * 4 * 4);
  GstTorchFlow in = describe_flow(8, 4, array.get());
  in.direction = GST_TORCH_FLOW_BOTH;
  in.format = GST_TORCH_FLOW_FORMAT_F16;
  in.backward_flow = backward.get();
  in.confidence = confidence.get();
  in.reference_pts = 7;
  in.dt = -9;
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
  EXPECT_EQ(out.iterations, 12u);
  EXPECT_EQ(out.mean_magnitude, 1.5);
  EXPECT_EQ(out.max_magnitude, 2.5);
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
  gst_structure_remove_field(gst_custom_meta_get_structure(meta), "grid-width");
  GstTorchFlow out;
  EXPECT_FALSE(gst_torch_flow_meta_read(meta, &out));
}

TEST(FlowMeta, shares_its_arrays_with_copies_of_the_buffer_and_lets_go_of_them) {
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
  EXPECT_EQ(flow.grid_width, 8u) << "the array is what it was";
  EXPECT_EQ(flow.grid_height, 4u);
}

TEST(FlowMeta, is_dropped_where_the_picture_is_cropped) {
  const auto frame = through("videocrop left=2");
  ASSERT_TRUE(frame);
  EXPECT_EQ(gst_buffer_get_torch_flow_meta(frame.get(), nullptr), nullptr);
}

}  // namespace
}  // namespace gsttorch
