// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <cstring>

#include <gtest/gtest.h>

#include "lib/gst/gsttorchshotmeta.h"
#include "tests/support/gst_support.h"

namespace gsttorch {
namespace {

GstTorchShot dissolve() {
  GstTorchShot shot{};
  shot.frame = 20;
  shot.shot = 3;
  shot.score = 0.25;
  shot.threshold = 0.5;
  shot.distance = 0.125;
  shot.mean_luma = 100;
  shot.boundary = GST_TORCH_SHOT_BOUNDARY_DISSOLVE;
  shot.start_frame = 8;
  shot.middle_frame = 12;
  shot.end_frame = 16;
  shot.start_pts = 8 * GST_MSECOND;
  shot.middle_pts = 12 * GST_MSECOND;
  shot.end_pts = 16 * GST_MSECOND;
  shot.confidence = 0.75;
  shot.source = "scenedetect0";
  shot.model = "resnet18";
  return shot;
}

TEST(ShotMeta, returns_what_was_attached) {
  const auto buffer = make_buffer(4);
  const GstTorchShot in = dissolve();
  GstCustomMeta* meta = gst_buffer_add_torch_shot_meta(buffer.get(), &in);
  GstTorchShot out;
  ASSERT_TRUE(gst_torch_shot_meta_read(meta, &out));
  EXPECT_EQ(out.frame, in.frame);
  EXPECT_EQ(out.shot, in.shot);
  EXPECT_EQ(out.score, in.score);
  EXPECT_EQ(out.threshold, in.threshold);
  EXPECT_EQ(out.distance, in.distance);
  EXPECT_EQ(out.mean_luma, in.mean_luma);
  EXPECT_EQ(out.boundary, in.boundary);
  EXPECT_EQ(out.start_frame, in.start_frame);
  EXPECT_EQ(out.middle_frame, in.middle_frame);
  EXPECT_EQ(out.end_frame, in.end_frame);
  EXPECT_EQ(out.start_pts, in.start_pts);
  EXPECT_EQ(out.middle_pts, in.middle_pts);
  EXPECT_EQ(out.end_pts, in.end_pts);
  EXPECT_EQ(out.confidence, in.confidence);
  EXPECT_STREQ(out.source, in.source);
  EXPECT_STREQ(out.model, in.model);
  EXPECT_EQ(out.skipped, nullptr);
}

TEST(ShotMeta, has_no_boundary_fields_without_a_boundary) {
  const auto buffer = make_buffer(4);
  GstTorchShot shot = dissolve();
  shot.boundary = GST_TORCH_SHOT_BOUNDARY_NONE;
  GstCustomMeta* meta = gst_buffer_add_torch_shot_meta(buffer.get(), &shot);
  const GstStructure* s = gst_custom_meta_get_structure(meta);
  EXPECT_STREQ(gst_structure_get_string(s, "boundary"), "none");
  EXPECT_FALSE(gst_structure_has_field(s, "start-frame"));
  GstTorchShot out;
  ASSERT_TRUE(gst_torch_shot_meta_read(meta, &out));
  EXPECT_EQ(out.start_pts, GST_CLOCK_TIME_NONE);
}

TEST(ShotMeta, has_no_score_where_the_frame_was_skipped) {
  const auto buffer = make_buffer(4);
  GstTorchShot shot{};
  shot.source = "a";
  shot.skipped = "late";
  GstCustomMeta* meta = gst_buffer_add_torch_shot_meta(buffer.get(), &shot);
  EXPECT_FALSE(gst_structure_has_field(gst_custom_meta_get_structure(meta), "score"));
  GstTorchShot out;
  ASSERT_TRUE(gst_torch_shot_meta_read(meta, &out));
  EXPECT_STREQ(out.skipped, "late");
}

TEST(ShotMeta, is_found_by_the_element_it_is_of) {
  const auto buffer = make_buffer(4);
  GstTorchShot shot = dissolve();
  for (const char* source : {"a", "b"}) {
    shot.source = source;
    gst_buffer_add_torch_shot_meta(buffer.get(), &shot);
  }
  EXPECT_NE(gst_buffer_get_torch_shot_meta(buffer.get(), "b"),
            gst_buffer_get_torch_shot_meta(buffer.get(), "a"));
  EXPECT_EQ(gst_buffer_get_torch_shot_meta(buffer.get(), "c"), nullptr);
  gpointer state = nullptr;
  int count = 0;
  while (gst_buffer_iterate_torch_shot_meta(buffer.get(), &state)) count++;
  EXPECT_EQ(count, 2);
}

TEST(ShotMeta, owned_result_outlives_its_frame) {
  auto buffer = make_buffer(4);
  const GstTorchShot shot = dissolve();
  gst_buffer_add_torch_shot_meta(buffer.get(), &shot);
  GstTorchShot* owned = gst_buffer_get_torch_shot(buffer.get(), nullptr);
  buffer = {};
  ASSERT_NE(owned, nullptr);
  EXPECT_STREQ(owned->model, "resnet18");
  gst_torch_shot_free(owned);
}

TEST(ShotMeta, of_several_boundaries_are_listed_in_order_without_what_cannot_be_read) {
  const auto buffer = make_buffer(4);
  GstTorchShot shot = dissolve();
  gst_buffer_add_torch_shot_meta(buffer.get(), &shot);
  GstCustomMeta* broken = gst_buffer_add_torch_shot_meta(buffer.get(), &shot);
  gst_structure_remove_field(gst_custom_meta_get_structure(broken), "end-pts");
  shot.boundary = GST_TORCH_SHOT_BOUNDARY_CUT;
  gst_buffer_add_torch_shot_meta(buffer.get(), &shot);
  GList* shots = gst_buffer_list_torch_shots(buffer.get());
  ASSERT_EQ(g_list_length(shots), 2u);
  EXPECT_EQ(static_cast<GstTorchShot*>(shots->data)->boundary, GST_TORCH_SHOT_BOUNDARY_DISSOLVE);
  EXPECT_EQ(static_cast<GstTorchShot*>(shots->next->data)->boundary, GST_TORCH_SHOT_BOUNDARY_CUT);
  g_list_free_full(shots, [](gpointer p) { gst_torch_shot_free(static_cast<GstTorchShot*>(p)); });
  EXPECT_EQ(gst_buffer_list_torch_shots(make_buffer(1).get()), nullptr);
}

TEST(ShotMeta, is_all_zero_where_it_cannot_be_read) {
  const auto buffer = make_buffer(4);
  const GstTorchShot shot = dissolve();
  for (const char* field : {"shot", "mean-luma", "confidence"}) {
    GstCustomMeta* meta = gst_buffer_add_torch_shot_meta(buffer.get(), &shot);
    gst_structure_remove_field(gst_custom_meta_get_structure(meta), field);
    GstTorchShot out;
    std::memset(&out, 1, sizeof out);
    EXPECT_FALSE(gst_torch_shot_meta_read(meta, &out));
    const GstTorchShot zero = {};
    EXPECT_EQ(std::memcmp(&out, &zero, sizeof out), 0) << "without " << field;
  }
}

TEST(ShotMeta, stays_on_plain_copies) {
  const auto buffer = make_buffer(4);
  const GstTorchShot shot = dissolve();
  gst_buffer_add_torch_shot_meta(buffer.get(), &shot);
  const auto copy = Ref<GstBuffer>::adopt(gst_buffer_copy(buffer.get()));
  EXPECT_NE(gst_buffer_get_torch_shot_meta(copy.get(), nullptr), nullptr);
}

TEST(ShotMeta, of_another_kind_is_refused) {
  static const gchar* no_tags[] = {nullptr};
  gst_meta_register_custom("SomethingElse", no_tags, nullptr, nullptr, nullptr);
  const auto buffer = make_buffer(4);
  GstCustomMeta* meta = gst_buffer_add_custom_meta(buffer.get(), "SomethingElse");
  GstTorchShot out;
  EXPECT_FALSE(gst_torch_shot_meta_read(meta, &out));
}

}  // namespace
}  // namespace gsttorch
