// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "lib/gst/gsttorchmatchmeta.h"
#include "tests/support/gst_support.h"
#include "tests/support/match_results.h"

namespace gsttorch {
namespace {

constexpr char kCaps[] = "video/x-raw,format=GRAY8,width=16,height=8,framerate=25/1";
// x -> 2 x + 4
constexpr double kMatrix[] = {2, 0, 4, 0, 2, 4, 0, 0, 1};

/// Passes a frame with a complete result through real elements.
Ref<GstBuffer> through(const std::string& elements, const char* reference = nullptr) {
  Harness harness(elements);
  harness.set_caps(kCaps);
  auto frame = make_buffer(16 * 8);
  const auto rows = make_array(std::vector<float>{1, 2, 6, 8, 0.5f, 1});
  GstTorchMatch match{};
  match.source = "match";
  match.width = match.reference_width = 16;
  match.height = match.reference_height = 8;
  match.count = 1;
  match.geometry = "homography";
  match.residual = 0.5;
  match.reference = reference;
  match.has_matrix = TRUE;
  std::copy(kMatrix, kMatrix + 9, match.matrix);
  match.matches = rows.get();
  gst_buffer_add_torch_match_meta(frame.get(), &match);
  return harness.push_and_pull(frame);
}

TEST(MatchMetaInPipelines, stays_as_it_is_where_the_image_does) {
  const OwnedMatch match =
      result_of(through("queue ! identity ! videoconvert ! "
                        "capsfilter caps=video/x-raw,format=RGB"));
  ASSERT_TRUE(match);
  EXPECT_EQ(rows_of(*match), (std::vector<float>{1, 2, 6, 8, 0.5f, 1}));
  EXPECT_EQ(std::memcmp(match->matrix, kMatrix, sizeof kMatrix), 0);
}

TEST(MatchMetaInPipelines, follows_videoscale) {
  constexpr char kScale[] = "videoscale ! capsfilter caps=video/x-raw,width=32,height=32";
  for (const char* reference : {static_cast<const char*>(nullptr), "a.png"}) {
    const OwnedMatch match = result_of(through(kScale, reference));
    ASSERT_TRUE(match);
    EXPECT_EQ(match->width, 32u);
    EXPECT_EQ(match->height, 32u);
    EXPECT_EQ(match->reference_width, reference ? 16u : 32u) << "an image's file stays";
    const std::vector<float> row = rows_of(*match);
    // Pixels cover the same area: x' = (x + 0.5) 2 - 0.5, y' = (y + 0.5) 4 - 0.5.
    EXPECT_FLOAT_EQ(row[0], reference ? 1 : 2.5f);
    EXPECT_FLOAT_EQ(row[1], reference ? 2 : 9.5f);
    EXPECT_FLOAT_EQ(row[2], 12.5f);
    EXPECT_FLOAT_EQ(row[3], 33.5f);
    const double* m = match->matrix;
    EXPECT_NEAR(m[0] * row[0] + m[1] * row[1] + m[2], row[2], 1e-4);
    EXPECT_NEAR(m[3] * row[0] + m[4] * row[1] + m[5], row[3], 1e-4);
  }
}

TEST(MatchMeta, of_a_new_result_counts_its_array) {
  const auto rows = make_buffer(3 * 24);
  const OwnedMatch match(gst_torch_match_new("mine", rows.get()));
  EXPECT_EQ(match->count, 3u);
  EXPECT_EQ(match->reference_pts, GST_CLOCK_TIME_NONE);
  EXPECT_EQ(match->matches, rows.get());
  gst_torch_match_set_matrix(match.get(), kMatrix);
  EXPECT_TRUE(match->has_matrix);
  EXPECT_EQ(match->matrix[2], 4);
  gst_torch_match_set_matrix(match.get(), nullptr);
  EXPECT_FALSE(match->has_matrix);
  EXPECT_EQ(OwnedMatch(gst_torch_match_new("mine", nullptr))->count, 0u);
}

TEST(MatchMeta, is_all_zero_where_it_cannot_be_read) {
  const auto frame = make_buffer(1);
  GstTorchMatch match{};
  match.source = "mine";
  match.width = 7;
  GstCustomMeta* meta = gst_buffer_add_torch_match_meta(frame.get(), &match);
  gst_structure_remove_field(gst_custom_meta_get_structure(meta), "mean-confidence");
  GstTorchMatch out;
  std::memset(&out, 1, sizeof out);
  EXPECT_FALSE(gst_torch_match_meta_read(meta, &out));
  const GstTorchMatch zero = {};
  EXPECT_EQ(std::memcmp(&out, &zero, sizeof out), 0);
}

TEST(MatchMeta, is_found_by_the_element_it_is_of) {
  const auto frame = make_buffer(1);
  GstTorchMatch match{};
  for (const char* source : {"a", "b"}) {
    match.source = source;
    gst_buffer_add_torch_match_meta(frame.get(), &match);
  }
  GstTorchMatch out;
  ASSERT_TRUE(gst_torch_match_meta_read(gst_buffer_get_torch_match_meta(frame.get(), "b"), &out));
  EXPECT_STREQ(out.source, "b");
  ASSERT_TRUE(
      gst_torch_match_meta_read(gst_buffer_get_torch_match_meta(frame.get(), nullptr), &out));
  EXPECT_STREQ(out.source, "a");
  EXPECT_EQ(gst_buffer_get_torch_match_meta(frame.get(), "c"), nullptr);
}

TEST(MatchMeta, of_several_results_are_listed_in_order) {
  auto frame = make_buffer(1);
  GstTorchMatch match{};
  for (const char* source : {"a", "b"}) {
    match.source = source;
    gst_buffer_add_torch_match_meta(frame.get(), &match);
  }
  GList* all = gst_buffer_list_torch_matches(frame.get());
  ASSERT_EQ(g_list_length(all), 2u);
  EXPECT_STREQ(static_cast<GstTorchMatch*>(all->next->data)->source, "b");
  g_list_free_full(all, [](gpointer p) { gst_torch_match_free(static_cast<GstTorchMatch*>(p)); });
}

}  // namespace
}  // namespace gsttorch
