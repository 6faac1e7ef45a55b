// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Tests loftrmatch with a coarse pass, with the bundled model because its confidences are
// realistic.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/gst/gsttorchmatchmeta.h"
#include "tests/support/gst_pipeline.h"
#include "tests/support/gst_support.h"
#include "tests/support/loftr_model.h"
#include "tests/support/match_results.h"
#include "tests/support/paths.h"
#include "tests/support/small_model.h"
#include "tests/support/temp_directory.h"

namespace gsttorch {
namespace {

using testing::HasSubstr;

constexpr GstClockTime kFrame = 40 * GST_MSECOND;
constexpr int kWidth = 320, kHeight = 240;

using Properties = std::vector<std::pair<std::string, std::string>>;

GstElement* make_element(const Properties& properties) {
  GstElement* element = gst_element_factory_make("loftrmatch", "match");
  g_object_set(element, "model", "loftr-lite", nullptr);
  for (const auto& [name, value] : properties) {
    gst_util_set_object_arg(G_OBJECT(element), name.c_str(), value.c_str());
  }
  return element;
}

GstElement* make_adaptive(Properties properties = {}) {
  properties.insert(properties.begin(), {"adaptive", "true"});
  return make_element(properties);
}

// Blobs of three sizes with random brightness.
guint8 world(int x, int y) {
  double value = 128;
  for (const int side : {5, 13, 37}) {
    const auto at = static_cast<std::uint32_t>((y + 4096) / side * 8192 + (x + 4096) / side);
    value += 40 * formula::noise(100 + static_cast<std::uint32_t>(side), at);
  }
  return static_cast<guint8>(std::clamp(value, 0., 255.));
}

// `zoom` x `zoom` pixels show one pixel of the world.
Ref<GstBuffer> view(int left, int pts, int zoom = 1) {
  std::vector<guint8> pixels;
  for (int y = 0; y < zoom * kHeight; y++) {
    for (int x = 0; x < zoom * kWidth; x++) pixels.push_back(world(x / zoom + left, y / zoom));
  }
  Ref<GstBuffer> buffer = make_array(pixels);
  GST_BUFFER_PTS(buffer.get()) = static_cast<GstClockTime>(pts) * kFrame;
  GST_BUFFER_DURATION(buffer.get()) = kFrame;
  return buffer;
}

std::string caps(int zoom = 1) {
  return "video/x-raw,format=GRAY8,framerate=25/1,width=" + std::to_string(zoom * kWidth) +
         ",height=" + std::to_string(zoom * kHeight) + ",colorimetry=1:1:0:0";
}

// Results of frames that begin `lefts` pixels from the world's origin, without the first frame's.
std::vector<OwnedMatch> results_of(GstElement* element, const std::vector<int>& lefts) {
  Harness harness(element);
  harness.set_caps(caps());
  std::vector<OwnedMatch> results;
  for (std::size_t i = 0; i < lefts.size(); i++) {
    const Ref<GstBuffer> out = harness.push_and_pull(view(lefts[i], static_cast<int>(i)));
    if (i > 0) results.push_back(result_of(out));
  }
  return results;
}

void write_view(const std::string& path, int left, int zoom = 1) {
  const std::string line = "appsrc name=in caps=\"" + caps(zoom) +
                           "\" num-buffers=1 ! videoconvert ! pngenc snapshot=true ! "
                           "filesink location=" +
                           path;
  const std::string end = run_pipeline(line, [left, zoom](GstElement* pipeline) {
    const auto in = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline), "in"));
    GstFlowReturn pushed = GST_FLOW_OK;
    const Ref<GstBuffer> buffer = view(left, 0, zoom);
    g_signal_emit_by_name(in.get(), "push-buffer", buffer.get(), &pushed);
  });
  ASSERT_EQ(end, "eos");
}

TEST(LoftrMatchAdaptive, a_still_pair_is_answered_by_the_coarse_pass) {
  Harness harness(make_adaptive());
  harness.set_caps(caps());
  harness.push_and_pull(view(0, 0));
  const OwnedMatch still = result_of(harness.push_and_pull(view(0, 1)));
  ASSERT_TRUE(still);
  EXPECT_EQ(still->passes, 1u);
  EXPECT_STREQ(still->overlap, "still");
  EXPECT_EQ(still->working_size, 160u);
  EXPECT_GT(still->count, 50u);
  EXPECT_NEAR(median_shift(*still), 0, 0.2);
  EXPECT_EQ(stat(harness.element(), "frame-encodes"), 0u);
  EXPECT_EQ(stat(harness.element(), "coarse-encodes"), 2u);
  EXPECT_EQ(stat(harness.element(), "still-pairs"), 1u);
  EXPECT_EQ(stat(harness.element(), "full-passes"), 0u);
}

TEST(LoftrMatchAdaptive, a_moved_image_gets_a_full_pass) {
  Harness harness(make_adaptive());
  harness.set_caps(caps());
  harness.push_and_pull(view(0, 0));
  const OwnedMatch moved = result_of(harness.push_and_pull(view(24, 1)));
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->passes, 2u);
  EXPECT_STREQ(moved->overlap, "large");
  EXPECT_EQ(moved->working_size, 320u);
  EXPECT_THAT(moved->region, testing::ElementsAre(0, 0, 320, 240));
  EXPECT_THAT(moved->reference_region, testing::ElementsAre(0, 0, 320, 240));
  EXPECT_NEAR(median_shift(*moved), 24, 0.3);
  EXPECT_EQ(stat(harness.element(), "frame-encodes"), 2u);
  EXPECT_EQ(stat(harness.element(), "full-passes"), 1u);
}

TEST(LoftrMatchAdaptive, without_it_there_is_one_pass_and_no_word_of_it) {
  for (const int shift : {0, 24}) {
    const auto results = results_of(make_element({}), {0, shift});
    EXPECT_EQ(results.front()->passes, 0u);
    EXPECT_EQ(results.front()->overlap, nullptr);
    EXPECT_NEAR(median_shift(*results.front()), shift, 0.3);
  }
  const auto fixed = results_of(make_element({}), {0, 0});
  EXPECT_GT(fixed.front()->count, 2 * results_of(make_adaptive(), {0, 0}).front()->count);
}

TEST(LoftrMatchAdaptive, a_blank_frame_gives_no_match_after_the_coarse_pass) {
  Harness harness(make_adaptive());
  harness.set_caps(caps());
  harness.push_and_pull(view(0, 0));
  Ref<GstBuffer> blank = make_buffer(kWidth * kHeight, 128);
  GST_BUFFER_PTS(blank.get()) = kFrame;
  const OwnedMatch nothing = result_of(harness.push_and_pull(std::move(blank)));
  ASSERT_TRUE(nothing);
  EXPECT_EQ(nothing->passes, 1u);
  EXPECT_STREQ(nothing->overlap, "none");
  EXPECT_EQ(nothing->count, 0u);
  EXPECT_EQ(nothing->skipped, nullptr);
  EXPECT_EQ(stat(harness.element(), "disjoint-pairs"), 1u);
  EXPECT_EQ(stat(harness.element(), "frame-encodes"), 0u);
}

TEST(LoftrMatchAdaptive, small_shared_parts_are_cropped_and_reported_in_frame_pixels) {
  Harness harness(make_adaptive());
  harness.set_caps(caps());
  harness.push_and_pull(view(0, 0));
  const OwnedMatch part = result_of(harness.push_and_pull(view(200, 1)));
  ASSERT_TRUE(part);
  EXPECT_STREQ(part->overlap, "partial");
  EXPECT_EQ(part->reference_region[0] + part->reference_region[2], 320u);
  EXPECT_GT(part->reference_region[0], 100u);
  EXPECT_EQ(part->region[0], 0u);
  EXPECT_LT(part->region[2], 220u);
  ASSERT_GT(part->count, 20u);
  EXPECT_NEAR(median_shift(*part), 200, 0.5);
  EXPECT_EQ(stat(harness.element(), "partial-pairs"), 1u);
}

TEST(LoftrMatchAdaptive, what_is_kept_of_a_frame_stays_right_when_size_and_region_change) {
  // Whole images overlap, parts, nothing moves, whole, parts on the other side.
  const std::vector<int> lefts = {0, 24, 224, 224, 200, 0};
  const auto results = results_of(make_adaptive(), lefts);
  const std::vector<std::string> overlaps = {"large", "partial", "still", "large", "partial"};
  for (std::size_t i = 0; i < results.size(); i++) {
    const auto alone = results_of(make_adaptive(), {lefts[i], lefts[i + 1]});
    EXPECT_EQ(results[i]->overlap, overlaps[i]);
    EXPECT_EQ(rows_of(*results[i]), rows_of(*alone.front())) << overlaps[i] << " at " << i;
    EXPECT_NEAR(median_shift(*results[i]), lefts[i + 1] - lefts[i], 0.5);
  }
}

TEST(LoftrMatchAdaptive, batches_and_intervals_change_nothing_in_a_pair) {
  const auto one_by_one = results_of(make_adaptive(), {0, 24, 24, 224});
  Harness harness(make_adaptive({{"batch-size", "4"}}));
  harness.set_caps(caps());
  const int lefts[] = {0, 24, 24, 224};
  for (int i = 0; i < 4; i++) harness.push(view(lefts[i], i));
  harness.pull();
  for (const OwnedMatch& single : one_by_one) {
    const OwnedMatch batched = result_of(harness.pull());
    ASSERT_TRUE(batched);
    EXPECT_STREQ(batched->overlap, single->overlap);
    const auto a = rows_of(*batched), b = rows_of(*single);
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); i++) ASSERT_NEAR(a[i], b[i], 1e-3);
  }
  // The element keeps the skipped frame in between, although it has no result.
  const auto sparse = results_of(make_adaptive({{"inference-interval", "2"}}), {0, 8, 32});
  EXPECT_STREQ(sparse[0]->skipped, "inference-interval");
  EXPECT_NEAR(median_shift(*sparse[1]), 24, 0.3);
}

TEST(LoftrMatchAdaptive, restarts_after_a_flush) {
  Harness harness(make_adaptive());
  harness.set_caps(caps());
  harness.push_and_pull(view(0, 0));
  harness.push_event(gst_event_new_flush_start());
  harness.push_event(gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  harness.push_event(gst_event_new_segment(&segment));
  EXPECT_STREQ(result_of(harness.push_and_pull(view(24, 1)))->skipped, "first-frame");
  EXPECT_NEAR(median_shift(*result_of(harness.push_and_pull(view(48, 2)))), 24, 0.3);
}

TEST(LoftrMatchAdaptive, another_coarse_model_makes_other_decisions) {
  const auto usual = results_of(make_adaptive(), {0, 0});
  EXPECT_EQ(usual.front()->passes, 1u);
  // Formula weights never give a confidence of 0.2, so this model finds no overlap.
  const auto other = results_of(make_adaptive({{"coarse-model", small_loftr_model()}}), {0, 24});
  EXPECT_STREQ(other.front()->overlap, "none");
  EXPECT_EQ(other.front()->count, 0u);
}

TEST(LoftrMatchAdaptive, a_coarse_model_without_fine_stage_leaves_still_pairs_to_the_full_one) {
  const std::string student = shared_data("weights/LoFTR_teacher.pt");
  SKIP_WITHOUT(student);
  Harness harness(make_adaptive({{"coarse-model", student}}));
  harness.set_caps(caps());
  harness.push_and_pull(view(0, 0));
  const OwnedMatch still = result_of(harness.push_and_pull(view(0, 1)));
  ASSERT_TRUE(still);
  EXPECT_EQ(still->passes, 2u);
  EXPECT_NEAR(median_shift(*still), 0, 0.2);
  EXPECT_EQ(stat(harness.element(), "frame-encodes"), 2u);
  EXPECT_EQ(stat(harness.element(), "coarse-encodes"), 2u);
}

TEST(LoftrMatchAdaptive, references_keep_what_each_pass_made_of_them) {
  const TempDirectory directory;
  write_view(directory.path("a.png"), 0);
  Harness harness(
      make_adaptive({{"mode", "reference"}, {"reference-location", directory.path("a.png")}}));
  harness.set_live(false);
  harness.set_caps(caps());
  const int lefts[] = {0, 16, 24, 0, 16, 24};
  for (int i = 0; i < 6; i++) {
    const OwnedMatch match = result_of(harness.push_and_pull(view(lefts[i], i)));
    ASSERT_TRUE(match);
    EXPECT_NEAR(median_shift(*match), lefts[i], 0.3);
  }
  EXPECT_EQ(stat(harness.element(), "reference-encodes"), 1u);
  EXPECT_EQ(stat(harness.element(), "frame-encodes"), 4u);   // the pairs that moved
  EXPECT_EQ(stat(harness.element(), "coarse-encodes"), 7u);  // six frames and the reference
}

// Share of the matches within `px` frame pixels of the right place. The centre of a world pixel is
// the centre of the zoomed pixels that show it.
double share_right(const GstTorchMatch& match, int left, int reference_zoom, int zoom, double px) {
  const auto in_world = [](double at, int z) { return (at + 0.5) / z - 0.5; };
  const std::vector<float> rows = rows_of(match);
  double right = 0;
  for (std::size_t i = 0; i + 5 < rows.size(); i += 6) {
    const double dx = in_world(rows[i + 2], zoom) + left - in_world(rows[i], reference_zoom);
    const double dy = in_world(rows[i + 3], zoom) - in_world(rows[i + 1], reference_zoom);
    right += zoom * std::hypot(dx, dy) < px;
  }
  return right / std::max<double>(1, match.count);
}

TEST(LoftrMatchAdaptive, images_of_other_scales_are_matched_in_one) {
  const TempDirectory directory;
  const int left = 40;
  for (const auto& [reference_zoom, zoom] : {std::pair{2, 1}, {1, 2}}) {
    write_view(directory.path("a.png"), 0, reference_zoom);
    Harness harness(
        make_adaptive({{"mode", "reference"}, {"reference-location", directory.path("a.png")}}));
    harness.set_live(false);
    harness.set_caps(caps(zoom));
    const OwnedMatch match = result_of(harness.push_and_pull(view(left, 0, zoom)));
    ASSERT_TRUE(match);
    EXPECT_EQ(match->passes, 2u);
    EXPECT_EQ(match->working_size, unsigned(kWidth));
    EXPECT_GT(match->count, 100u);
    EXPECT_GT(share_right(*match, left, reference_zoom, zoom, 2), 0.95);
  }
}

TEST(LoftrMatchAdaptive, messages_report_overlap_and_passes) {
  Harness harness(make_adaptive({{"post-messages", "true"}}));
  harness.set_caps(caps());
  harness.push_and_pull(view(0, 0));
  harness.push_and_pull(view(0, 1));
  const Ref<GstMessage> message = harness.bus.pop(GST_MESSAGE_ELEMENT);
  ASSERT_TRUE(message);
  const GstStructure* s = gst_message_get_structure(message.get());
  guint passes = 0, size = 0;
  EXPECT_TRUE(gst_structure_get(s, "passes", G_TYPE_UINT, &passes, "working-size", G_TYPE_UINT,
                                &size, nullptr));
  EXPECT_EQ(passes, 1u);
  EXPECT_EQ(size, 160u);
  EXPECT_STREQ(gst_structure_get_string(s, "overlap"), "still");
}

TEST(LoftrMatchAdaptive, a_missing_coarse_model_is_one_error_before_the_stream_begins) {
  const TempDirectory directory;
  const std::string empty = directory.path("empty.safetensors");
  g_file_set_contents(empty.c_str(), "", 0, nullptr);
  for (const std::string& name :
       {std::string("no-such-model"), directory.path("gone.ckpt"), empty}) {
    GstElement* element = make_adaptive({{"coarse-model", name}});
    ElementBus bus(element);
    EXPECT_EQ(gst_element_set_state(element, GST_STATE_READY), GST_STATE_CHANGE_FAILURE);
    const auto errors = bus.take(GST_MESSAGE_ERROR);
    ASSERT_EQ(errors.size(), 1u);
    EXPECT_THAT(errors.front(), HasSubstr("coarse-model"));
    EXPECT_THAT(errors.front(), HasSubstr(name));
    gst_element_set_state(element, GST_STATE_NULL);
    gst_object_unref(element);
  }
}

TEST(LoftrMatchAdaptive, a_coarse_model_is_not_opened_unless_adaptive) {
  GstElement* element = make_element({{"coarse-model", "no-such-model"}});
  EXPECT_NE(gst_element_set_state(element, GST_STATE_READY), GST_STATE_CHANGE_FAILURE);
  gst_element_set_state(element, GST_STATE_NULL);
  gst_object_unref(element);
}

TEST(LoftrMatchAdaptive, a_coarse_model_of_another_kind_is_one_error_that_names_it) {
  Harness harness(make_adaptive({{"coarse-model", small_flow_model()}}));
  harness.set_caps(caps());
  harness.push(view(0, 0));
  EXPECT_THAT(harness.bus.wait_for(GST_MESSAGE_ERROR), HasSubstr(small_flow_model()));
  EXPECT_TRUE(harness.bus.take(GST_MESSAGE_ERROR).empty());
}

TEST(LoftrMatchAdaptive, keeps_within_the_memory_limit_or_says_what_it_needs) {
  GstElement* element = make_adaptive();
  g_object_set(element, "memory-limit", guint64{1000}, nullptr);
  Harness harness(element);
  harness.set_caps(caps());
  harness.push(view(0, 0));
  EXPECT_THAT(harness.bus.wait_for(GST_MESSAGE_ERROR),
              HasSubstr("cannot match frames of 320x240: this requires at least"));
}

TEST(LoftrMatchAdaptive, frames_may_be_blank_or_tiny) {
  for (const int side : {1, 9, 40}) {
    Harness harness(make_adaptive());
    harness.set_caps("video/x-raw,format=GRAY8,framerate=25/1,width=" + std::to_string(side) +
                     ",height=" + std::to_string(side));
    for (int i = 0; i < 3; i++) {
      Ref<GstBuffer> blank = make_buffer(static_cast<gsize>((side + 3) / 4 * 4 * side), 128);
      GST_BUFFER_PTS(blank.get()) = static_cast<GstClockTime>(i) * kFrame;
      const OwnedMatch match = result_of(harness.push_and_pull(std::move(blank)));
      ASSERT_TRUE(match);
      EXPECT_EQ(match->count, 0u);
    }
    EXPECT_TRUE(harness.bus.take(GST_MESSAGE_ERROR).empty());
  }
}

// This must not depend on how much smaller the model sees the frame.
TEST(LoftrMatchGeometry, the_same_frame_twice_is_static_at_every_size) {
  if (!std::getenv("GST_TORCH_VISION_LIBRARY")) GTEST_SKIP() << "built without OpenCV's calib3d";
  for (const char* adaptive : {"false", "true"}) {
    for (const char* size : {"0", "640", "320", "160"}) {
      SCOPED_TRACE(std::string("adaptive=") + adaptive + " max-size=" + size);
      Harness harness(
          make_element({{"adaptive", adaptive}, {"geometry", "homography"}, {"max-size", size}}));
      harness.set_caps(caps(3));
      harness.push_and_pull(view(0, 0, 3));
      const OwnedMatch match = result_of(harness.push_and_pull(view(0, 1, 3)));
      ASSERT_TRUE(match);
      EXPECT_GE(match->inliers, 12u);
      EXPECT_STREQ(match->verdict, "static");
      EXPECT_STREQ(result_of(harness.push_and_pull(view(12, 2, 3)))->verdict, "moved");
    }
  }
}

}  // namespace
}  // namespace gsttorch
