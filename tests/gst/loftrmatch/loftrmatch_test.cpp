// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/gst/gsttorchmatchmeta.h"
#include "lib/gst/gsttorchshotmeta.h"
#include "tests/support/bf16.h"
#include "tests/support/gst_support.h"
#include "tests/support/loftr_model.h"
#include "tests/support/match_results.h"
#include "tests/support/parse.h"
#include "tests/support/paths.h"
#include "tests/support/temp_directory.h"

namespace gsttorch {
namespace {

using testing::HasSubstr;

constexpr GstClockTime kFrame = 40 * GST_MSECOND;
constexpr int kWidth = 160, kHeight = 128;
constexpr int kStep = 8;  // pixels that the image moves to the left per frame

GstElement* make_loftrmatch(
    const std::vector<std::pair<std::string, std::string>>& properties = {}) {
  GstElement* element = gst_element_factory_make("loftrmatch", "match");
  g_object_set(element, "model", small_loftr_model().c_str(), "threshold", 0., nullptr);
  for (const auto& [name, value] : properties) {
    gst_util_set_object_arg(G_OBJECT(element), name.c_str(), value.c_str());
  }
  return element;
}

std::string caps(int width = kWidth, int height = kHeight) {
  return "video/x-raw,format=GRAY8,framerate=25/1,width=" + std::to_string(width) +
         ",height=" + std::to_string(height) + ",colorimetry=1:1:0:0";
}

guint8 pixel(int x, int y) {
  return static_cast<guint8>(
      (formula::noise(1000, static_cast<std::uint32_t>(y / 4 * 4096 + x / 4)) + 1) * 127);
}

Ref<GstBuffer> image(int left, int pts, int width = kWidth, int height = kHeight) {
  std::vector<guint8> pixels;
  for (int y = 0; y < height; y++) {
    for (int x = 0; x < width; x++) pixels.push_back(pixel(x + left, y));
  }
  Ref<GstBuffer> buffer = make_array(pixels);
  GST_BUFFER_PTS(buffer.get()) = pts * kFrame;
  GST_BUFFER_DURATION(buffer.get()) = kFrame;
  return buffer;
}

Ref<GstBuffer> frame(int index) { return image(kStep * index, index); }

Ref<GstBuffer> blank(int index) {
  Ref<GstBuffer> buffer = make_buffer(kWidth * kHeight, 128);
  GST_BUFFER_PTS(buffer.get()) = index * kFrame;
  return buffer;
}

void write_image(const std::string& path, int left, int width, int height) {
  const std::string line =
      "appsrc name=in caps=\"" + caps(width, height) +
      "\" num-buffers=1 ! videoconvert ! pngenc snapshot=true ! filesink location=" + path;
  auto pipeline = parse_launch(line);
  auto source = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "in"));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  GstFlowReturn pushed;
  Ref<GstBuffer> buffer = image(left, 0, width, height);
  g_signal_emit_by_name(source.get(), "push-buffer", buffer.get(), &pushed);
  auto bus = Ref<GstBus>::adopt(gst_element_get_bus(pipeline.get()));
  GstMessage* message = gst_bus_timed_pop_filtered(
      bus.get(), 20 * GST_SECOND, static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
  ASSERT_TRUE(message && GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS);
  gst_message_unref(message);
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
}

TEST(LoftrMatch, passes_the_same_buffer_and_attaches_matches_with_the_frame_before) {
  Harness harness(make_loftrmatch());
  harness.set_caps(caps());
  EXPECT_STREQ(result_of(harness.push_and_pull(frame(0)))->skipped, "first-frame");
  Ref<GstBuffer> in = frame(1);
  GstBuffer* const buffer = in.get();
  const std::vector<guint8> pixels = bytes_of(buffer);
  const Ref<GstBuffer> out = harness.push_and_pull(std::move(in));
  EXPECT_EQ(out.get(), buffer);
  EXPECT_EQ(bytes_of(out.get()), pixels);
  const OwnedMatch match = result_of(out);
  ASSERT_TRUE(match);
  EXPECT_STREQ(match->source, "match");
  EXPECT_STREQ(match->model, "loftr");
  EXPECT_EQ(match->skipped, nullptr);
  EXPECT_EQ(match->width, 160u);
  EXPECT_EQ(match->reference_height, 128u);
  EXPECT_EQ(match->reference_pts, 0u);
  EXPECT_EQ(match->dt, GstClockTimeDiff(kFrame));
  EXPECT_EQ(match->geometry, nullptr);
  ASSERT_GT(match->count, 30u);
  EXPECT_EQ(rows_of(*match).size(), match->count * 6u);
  EXPECT_NEAR(median_shift(*match), kStep, 1);
}

TEST(LoftrMatch, lag_says_how_many_frames_before) {
  Harness harness(make_loftrmatch({{"mode", "lag"}, {"lag", "2"}}));
  harness.set_caps(caps());
  std::vector<double> shifts;
  for (int i = 0; i < 4; i++) {
    shifts.push_back(median_shift(*result_of(harness.push_and_pull(frame(i)))));
  }
  EXPECT_TRUE(std::isnan(shifts[0]) && std::isnan(shifts[1]));
  EXPECT_NEAR(shifts[2], 2 * kStep, 1);
  EXPECT_NEAR(shifts[3], 2 * kStep, 1);
  EXPECT_EQ(stat(harness.element(), "frame-encodes"), 4u);
}

TEST(LoftrMatch, a_frame_without_a_result_still_is_the_previous_frame) {
  Harness harness(make_loftrmatch({{"inference-interval", "2"}}));
  harness.set_caps(caps());
  harness.push_and_pull(frame(0));
  EXPECT_STREQ(result_of(harness.push_and_pull(frame(1)))->skipped, "inference-interval");
  const OwnedMatch match = result_of(harness.push_and_pull(frame(2)));
  EXPECT_EQ(match->reference_pts, kFrame);
  EXPECT_NEAR(median_shift(*match), kStep, 1);
}

TEST(LoftrMatch, threshold_number_and_size_change_the_matches) {
  const auto count_with = [](const std::vector<std::pair<std::string, std::string>>& properties) {
    Harness harness(make_loftrmatch(properties));
    harness.set_caps(caps());
    harness.push_and_pull(frame(0));
    return result_of(harness.push_and_pull(frame(1)))->count;
  };
  const guint all = count_with({});
  EXPECT_LT(count_with({{"threshold", "0.1"}}), all);
  EXPECT_EQ(count_with({{"max-matches", "7"}}), 7u);
  EXPECT_EQ(count_with({{"max-matches", "0"}}), all);
  EXPECT_LT(count_with({{"max-size", "80"}}), all);
}

TEST(LoftrMatch, precision_changes_the_confidences_a_little) {
  SKIP_WITHOUT_BF16();
  const auto confidence_in = [](const std::string& precision) {
    Harness harness(make_loftrmatch({{"precision", precision}}));
    harness.set_caps(caps());
    harness.push_and_pull(frame(0));
    const double confidence = result_of(harness.push_and_pull(frame(1)))->mean_confidence;
    EXPECT_EQ(stat_text(harness.element(), "precision"), precision == "auto" ? "fp32" : precision);
    return confidence;
  };
  const double exact = confidence_in("fp32"), brief = confidence_in("bf16");
  EXPECT_EQ(confidence_in("auto"), exact);
  EXPECT_NE(brief, exact);
  EXPECT_NEAR(brief, exact, 0.1 * exact);
}

TEST(LoftrMatch, token_pruning_leaves_out_matches_while_playing) {
  GstElement* element = make_loftrmatch();
  Harness harness(element);
  harness.set_caps(caps());
  harness.push_and_pull(frame(0));
  const guint all = result_of(harness.push_and_pull(frame(1)))->count;
  g_object_set(element, "token-pruning", 0.6, nullptr);
  const OwnedMatch filtered = result_of(harness.push_and_pull(frame(2)));
  EXPECT_LT(filtered->count, all);
  ASSERT_GT(filtered->count, 10u);
  EXPECT_NEAR(median_shift(*filtered), kStep, 1);
  g_object_set(element, "token-pruning", 0., nullptr);
  EXPECT_GT(result_of(harness.push_and_pull(frame(3)))->count, filtered->count);
}

TEST(LoftrMatch, a_blank_frame_gives_no_match_and_no_error) {
  GstElement* element = make_loftrmatch({{"threshold", "0.2"}});
  Harness harness(element);
  harness.set_caps(caps());
  harness.push_and_pull(blank(0));
  const OwnedMatch match = result_of(harness.push_and_pull(blank(1)));
  ASSERT_TRUE(match);
  EXPECT_EQ(match->count, 0u);
  EXPECT_EQ(match->skipped, nullptr);
  EXPECT_TRUE(harness.bus.take(GST_MESSAGE_ERROR).empty());
}

TEST(LoftrMatch, frames_of_another_size_restart) {
  Harness harness(make_loftrmatch());
  harness.set_caps(caps());
  harness.push_and_pull(frame(0));
  harness.set_caps(caps(128, 96));
  EXPECT_STREQ(result_of(harness.push_and_pull(image(0, 1, 128, 96)))->skipped, "first-frame");
  EXPECT_GT(result_of(harness.push_and_pull(image(8, 2, 128, 96)))->count, 10u);
}

TEST(LoftrMatch, reference_images_are_encoded_once_and_each_gives_a_result) {
  const TempDirectory directory;
  write_image(directory.path("a.png"), 0, 192, 160);
  write_image(directory.path("b.png"), 16, 128, 128);
  Harness harness(
      make_loftrmatch({{"mode", "reference"}, {"reference-location", directory.path("*.png")}}));
  harness.set_live(false);
  harness.set_caps(caps());
  for (int i = 0; i < 3; i++) {
    const Ref<GstBuffer> out = harness.push_and_pull(frame(0));
    gpointer state = nullptr;
    std::vector<std::string> references;
    while (GstCustomMeta* meta = gst_buffer_iterate_torch_match_meta(out.get(), &state)) {
      GstTorchMatch match;
      ASSERT_TRUE(gst_torch_match_meta_read(meta, &match));
      references.emplace_back(match.reference);
      EXPECT_GT(match.count, 20u);
      const bool is_a = references.size() == 1;
      EXPECT_EQ(match.reference_width, is_a ? 192u : 128u);
      EXPECT_NEAR(median_shift(match), is_a ? 0 : -16, 1);
      EXPECT_EQ(match.reference_pts, GST_CLOCK_TIME_NONE);
    }
    EXPECT_THAT(references, testing::ElementsAre(directory.path("a.png"), directory.path("b.png")));
  }
  EXPECT_EQ(stat(harness.element(), "reference-encodes"), 2u);
  EXPECT_EQ(stat(harness.element(), "frame-encodes"), 3u);
}

TEST(LoftrMatch, the_model_sees_each_frame_once_and_the_reference_once_however_long_the_stream) {
  const TempDirectory directory;
  write_image(directory.path("a.png"), 0, kWidth, kHeight);
  Harness harness(
      make_loftrmatch({{"mode", "reference"}, {"reference-location", directory.path("a.png")}}));
  harness.set_live(false);
  harness.set_caps(caps());
  for (int i = 0; i < 20; i++) {
    ASSERT_TRUE(result_of(harness.push_and_pull(frame(i))));
    EXPECT_EQ(stat(harness.element(), "frame-encodes"), static_cast<std::uint64_t>(i) + 1);
    EXPECT_EQ(stat(harness.element(), "reference-encodes"), 1u);
    if (i != 9) continue;
    harness.push_event(gst_event_new_flush_start());
    harness.push_event(gst_event_new_flush_stop(TRUE));
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    harness.push_event(gst_event_new_segment(&segment));
  }
  EXPECT_EQ(stat(harness.element(), "pairs"), 20u);
}

TEST(LoftrMatch, the_reference_can_be_changed_while_playing) {
  const TempDirectory directory;
  write_image(directory.path("a.png"), 0, kWidth, kHeight);
  write_image(directory.path("b.png"), 16, kWidth, kHeight);
  Harness harness(
      make_loftrmatch({{"mode", "reference"}, {"reference-location", directory.path("a.png")}}));
  harness.set_live(false);
  harness.set_caps(caps());
  EXPECT_NEAR(median_shift(*result_of(harness.push_and_pull(frame(0)))), 0, 1);
  g_object_set(harness.element(), "reference-location", directory.path("b.png").c_str(), nullptr);
  EXPECT_NEAR(median_shift(*result_of(harness.push_and_pull(frame(0)))), -16, 1);
  g_object_set(harness.element(), "reference-location", directory.path("c.png").c_str(), nullptr);
  harness.push(frame(0));
  EXPECT_THAT(harness.bus.wait_for(GST_MESSAGE_ERROR), HasSubstr("c.png"));
}

TEST(LoftrMatch, a_missing_reference_is_one_error_before_the_stream_begins) {
  GstElement* element =
      make_loftrmatch({{"mode", "reference"}, {"reference-location", "/nowhere/x.png"}});
  ElementBus bus(element);
  EXPECT_EQ(gst_element_set_state(element, GST_STATE_READY), GST_STATE_CHANGE_FAILURE);
  const auto errors = bus.take(GST_MESSAGE_ERROR);
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_THAT(errors.front(), HasSubstr("/nowhere/x.png"));
  gst_element_set_state(element, GST_STATE_NULL);
  gst_object_unref(element);
}

TEST(LoftrMatch, an_unreadable_reference_is_one_error) {
  const TempDirectory directory;
  const std::string path = directory.path("broken.png");
  g_file_set_contents(path.c_str(), "no image", -1, nullptr);
  Harness harness(make_loftrmatch({{"mode", "reference"}, {"reference-location", path}}));
  harness.set_live(false);
  harness.set_caps(caps());
  harness.push(frame(0));
  EXPECT_THAT(harness.bus.wait_for(GST_MESSAGE_ERROR), HasSubstr("broken.png"));
}

TEST(LoftrMatch, a_reference_of_one_pixel_matches_nothing) {
  const TempDirectory directory;
  gsize size = 0;  // encoders refuse to write such an image
  g_autofree guchar* png = g_base64_decode(
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
      "rkJggg==",
      &size);
  const std::string dot = directory.path("dot.png");
  g_file_set_contents(dot.c_str(), reinterpret_cast<const gchar*>(png), size, nullptr);
  Harness harness(make_loftrmatch({{"mode", "reference"}, {"reference-location", dot}}));
  harness.set_live(false);
  harness.set_caps(caps());
  const OwnedMatch match = result_of(harness.push_and_pull(frame(0)));
  ASSERT_TRUE(match);
  EXPECT_EQ(match->count, 0u);
}

TEST(LoftrMatch, shot_start_is_the_first_frame_or_one_where_a_shot_begins) {
  gst_torch_shot_meta_get_info();  // registers it
  Harness harness(make_loftrmatch({{"mode", "shot-start"}}));
  harness.set_caps(caps());
  std::vector<double> shifts;
  for (int i = 0; i < 5; i++) {
    Ref<GstBuffer> in = frame(i);
    if (i == 3) {
      GstCustomMeta* shot = gst_buffer_add_custom_meta(in.get(), GST_TORCH_SHOT_META_NAME);
      gst_structure_set(gst_custom_meta_get_structure(shot), "boundary", G_TYPE_STRING, "cut",
                        nullptr);
    }
    shifts.push_back(median_shift(*result_of(harness.push_and_pull(std::move(in)))));
  }
  EXPECT_TRUE(std::isnan(shifts[0]) && std::isnan(shifts[3]));
  EXPECT_NEAR(shifts[1], kStep, 1);
  EXPECT_NEAR(shifts[2], 2 * kStep, 1);
  EXPECT_NEAR(shifts[4], kStep, 1);
}

TEST(LoftrMatch, geometry_says_how_the_image_moved_and_which_matches_agree) {
  if (!std::getenv("GST_TORCH_VISION_LIBRARY")) GTEST_SKIP() << "built without OpenCV's calib3d";
  Harness harness(make_loftrmatch({{"geometry", "homography"}, {"post-messages", "true"}}));
  harness.set_caps(caps());
  harness.push_and_pull(frame(0));
  const OwnedMatch moved = result_of(harness.push_and_pull(frame(1)));
  ASSERT_TRUE(moved);
  EXPECT_STREQ(moved->geometry, "homography");
  EXPECT_STREQ(moved->verdict, "moved");
  ASSERT_TRUE(moved->has_matrix);
  EXPECT_NEAR(moved->matrix[2] / moved->matrix[8], -kStep, 1);
  EXPECT_GT(moved->inliers, 12u);
  guint ones = 0;
  const std::vector<float> rows = rows_of(*moved);
  for (std::size_t i = 5; i < rows.size(); i += 6) ones += rows[i] == 1;
  EXPECT_EQ(ones, moved->inliers);
  EXPECT_LT(moved->residual, 3);
  const auto message = harness.bus.pop(GST_MESSAGE_ELEMENT);
  ASSERT_TRUE(message);
  const GstStructure* posted = gst_message_get_structure(message.get());
  guint64 reference = 1;
  ASSERT_TRUE(gst_structure_get_uint64(posted, "reference-pts", &reference));
  EXPECT_EQ(reference, moved->reference_pts);
  EXPECT_STREQ(gst_structure_get_string(posted, "verdict"), "moved");
  EXPECT_STREQ(result_of(harness.push_and_pull(blank(2)))->verdict, "lost");
}

TEST(LoftrMatch, keeps_within_the_memory_limit_or_says_what_it_needs) {
  GstElement* element = make_loftrmatch();
  g_object_set(element, "memory-limit", guint64{1000}, nullptr);
  Harness harness(element);
  harness.set_caps(caps());
  harness.push(frame(0));
  EXPECT_THAT(harness.bus.wait_for(GST_MESSAGE_ERROR),
              HasSubstr("cannot match frames of 160x128: this requires at least"));
}

// The result under a memory limit and the number of warnings.
std::pair<OwnedMatch, std::size_t> matched_within(guint64 limit) {
  GstElement* element = make_loftrmatch();
  g_object_set(element, "memory-limit", limit, nullptr);
  Harness harness(element);
  harness.set_caps(caps());
  for (int i = 0; i < 2; i++) {
    if (harness.push(frame(i)) != GST_FLOW_OK) return {};
  }
  harness.pull();
  OwnedMatch match = result_of(harness.pull());
  return {std::move(match), harness.bus.take(GST_MESSAGE_WARNING).size()};
}

TEST(LoftrMatch, more_matches_than_memory_allows_at_once_are_found_in_parts_with_one_warning) {
  const auto [all, no_warning] = matched_within(0);
  EXPECT_EQ(no_warning, 0u);
  // Finds the first limit that is too small for all matches at once.
  for (guint64 limit = 48 << 20; limit > 1 << 20; limit -= limit / 8) {
    const auto [match, warnings] = matched_within(limit);
    ASSERT_TRUE(match) << limit;
    if (warnings == 0) continue;
    EXPECT_EQ(warnings, 1u);
    EXPECT_EQ(match->count, all->count);
    EXPECT_NEAR(median_shift(*match), kStep, 1);
    return;
  }
  FAIL() << "no limit was small enough";
}

// How often six reference images are encoded for three frames; 0 if the element fails.
guint64 reference_encodes_within(guint64 limit, const std::string& references) {
  GstElement* element =
      make_loftrmatch({{"mode", "reference"}, {"reference-location", references}});
  g_object_set(element, "memory-limit", limit, nullptr);
  Harness harness(element);
  harness.set_live(false);
  harness.set_caps(caps());
  for (int i = 0; i < 3; i++) {
    const OwnedMatch match = result_of(harness.push_and_pull(frame(i)));
    if (!match || match->skipped) return 0;
  }
  return stat(element, "reference-encodes");
}

TEST(LoftrMatch, references_that_do_not_fit_into_memory_are_encoded_again) {
  const TempDirectory directory;
  for (int i = 0; i < 6; i++) {
    write_image(directory.path(std::to_string(i) + ".png"), 8 * i, kWidth, kHeight);
  }
  EXPECT_EQ(reference_encodes_within(0, directory.path("*.png")), 6u);
  // Finds the first limit that is too small for all images.
  for (guint64 limit = 48 << 20; limit > 1 << 20; limit -= limit / 8) {
    const guint64 encodes = reference_encodes_within(limit, directory.path("*.png"));
    ASSERT_GT(encodes, 0u) << limit;
    if (encodes > 6) return;
  }
  FAIL() << "no limit was small enough";
}

TEST(LoftrMatch, takes_the_bundled_model_where_nothing_is_fetched) {
  const TempDirectory empty;
  g_setenv("GST_TORCH_MODELS_DIR", empty.path("none").c_str(), TRUE);
  GstElement* element = gst_element_factory_make("loftrmatch", nullptr);
  ElementBus bus(element);
  EXPECT_NE(gst_element_set_state(element, GST_STATE_READY), GST_STATE_CHANGE_FAILURE);
  g_unsetenv("GST_TORCH_MODELS_DIR");
  EXPECT_TRUE(bus.take(GST_MESSAGE_ERROR).empty());
  gst_element_set_state(element, GST_STATE_NULL);
  gst_object_unref(element);
}

TEST(MatchMeta, follows_an_image_that_is_scaled) {
  const auto array = make_array(std::vector<float>{8, 16, 24, 32, 0.5f, 1});
  GstTorchMatch in = {};
  in.source = "match";
  in.width = in.reference_width = 100;
  in.height = in.reference_height = 50;
  in.reference_pts = 0;
  in.count = 1;
  in.geometry = "homography";
  in.has_matrix = TRUE;
  const double shift[] = {1, 0, 16, 0, 1, 16, 0, 0, 1};
  std::copy(shift, shift + 9, in.matrix);
  in.matches = array.get();
  for (const char* reference : {static_cast<const char*>(nullptr), "a.png"}) {
    in.reference = reference;
    auto from = make_buffer(1), to = make_buffer(1);
    GstCustomMeta* meta = gst_buffer_add_torch_match_meta(from.get(), &in);
    GstVideoInfo small, large;
    gst_video_info_set_format(&small, GST_VIDEO_FORMAT_GRAY8, 100, 50);
    gst_video_info_set_format(&large, GST_VIDEO_FORMAT_GRAY8, 200, 200);
    large.par_n = 2;  // the image keeps its aspect ratio
    GstVideoMetaTransform transform = {&small, &large};
    const GstMetaInfo* info = gst_torch_match_meta_get_info();
    ASSERT_TRUE(info->transform_func(to.get(), reinterpret_cast<GstMeta*>(meta), from.get(),
                                     gst_video_meta_transform_scale_get_quark(), &transform));
    const OwnedMatch out = result_of(to);
    ASSERT_TRUE(out);
    EXPECT_EQ(out->width, 200u);
    EXPECT_EQ(out->reference_height, reference ? 50u : 200u);
    const std::vector<float> rows = rows_of(*out);
    EXPECT_FLOAT_EQ(rows[0], reference ? 8 : 16.5f);
    EXPECT_FLOAT_EQ(rows[1], reference ? 16 : 65.5f);
    EXPECT_FLOAT_EQ(rows[2], 48.5f);
    EXPECT_FLOAT_EQ(rows[3], 129.5f);
    const double* m = out->matrix;  // maps the first point to the second
    const double w = m[6] * rows[0] + m[7] * rows[1] + m[8];
    EXPECT_NEAR((m[0] * rows[0] + m[1] * rows[1] + m[2]) / w, rows[2], 1e-4);
    EXPECT_NEAR((m[3] * rows[0] + m[4] * rows[1] + m[5]) / w, rows[3], 1e-4);
  }
}

TEST(MatchMeta, goes_where_the_image_is_cut) {
  GstTorchMatch in = {};
  in.source = "match";
  auto from = make_buffer(4);
  gst_buffer_add_torch_match_meta(from.get(), &in);
  auto whole = Ref<GstBuffer>::adopt(gst_buffer_copy(from.get()));
  EXPECT_TRUE(result_of(whole));
  auto part = Ref<GstBuffer>::adopt(gst_buffer_copy_region(from.get(), GST_BUFFER_COPY_ALL, 0, 2));
  EXPECT_FALSE(result_of(part));
}

}  // namespace
}  // namespace gsttorch
