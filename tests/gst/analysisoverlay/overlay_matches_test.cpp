// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Tests how analysisoverlay draws matches.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/gst/gsttorchmatchmeta.h"
#include "lib/gst/gsttorchshotmeta.h"
#include "tests/support/gst_pipeline.h"
#include "tests/support/gst_support.h"
#include "tests/support/image_file.h"
#include "tests/support/slow_image.h"
#include "tests/support/temp_directory.h"

namespace gsttorch {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr guint kSide = 96;
constexpr guint8 kGrey = 100;
using Pixel = std::array<guint8, 3>;
constexpr Pixel kImage{kGrey, kGrey, kGrey}, kBlack{0, 0, 0}, kGreen{0, 255, 48};
constexpr Pixel kRed{255, 0, 48}, kYellow{255, 255, 48}, kOutline{255, 192, 0},
    kWhite{255, 255, 255};
using Properties = std::vector<std::pair<const char*, std::string>>;

GstElement* make_overlay(const Properties& properties = {}) {
  GstElement* overlay = gst_element_factory_make("analysisoverlay", nullptr);
  for (const auto& [name, value] : properties) {
    gst_util_set_object_arg(G_OBJECT(overlay), name, value.c_str());
  }
  return overlay;
}

std::string caps(const char* format = "RGB", guint side = kSide) {
  const std::string size = std::to_string(side);
  return "video/x-raw,format=" + std::string(format) + ",width=" + size + ",height=" + size +
         ",framerate=25/1";
}

Ref<GstBuffer> frame(guint index = 0, guint8 grey = kGrey, guint channels = 3) {
  auto buffer = make_buffer(kSide * kSide * channels, grey);
  GST_BUFFER_PTS(buffer.get()) = index * 40 * GST_MSECOND;
  return buffer;
}

struct Row {
  float x0, y0, x1, y1, confidence, inlier;
};

Ref<GstBuffer> array_of(const std::vector<Row>& rows) { return make_array(rows); }

/// A result for a pair with the previous frame.
GstTorchMatch describe(GstBuffer* rows, guint count) {
  GstTorchMatch match{};
  match.source = "loftrmatch0";
  match.width = match.height = match.reference_width = match.reference_height = kSide;
  match.reference_pts = 0;
  match.count = count;
  match.matches = rows;
  return match;
}

void attach(const Ref<GstBuffer>& to, const std::vector<Row>& rows, GstClockTime reference = 0,
            const char* source = "loftrmatch0") {
  const auto array = array_of(rows);
  GstTorchMatch match = describe(array.get(), static_cast<guint>(rows.size()));
  match.source = source;
  match.reference_pts = reference;
  gst_buffer_add_torch_match_meta(to.get(), &match);
}

Ref<GstBuffer> frame_with(const std::vector<Row>& rows, guint channels = 3) {
  auto buffer = frame(0, kGrey, channels);
  attach(buffer, rows);
  return buffer;
}

Pixel pixel(const Ref<GstBuffer>& buffer, guint x, guint y, guint width = kSide,
            guint channels = 3) {
  const auto bytes = bytes_of(buffer.get());
  const gsize at = (y * width + x) * channels;
  return {bytes[at], bytes[at + 1], bytes[at + 2]};
}

Ref<GstBuffer> drawn(const Properties& properties, Ref<GstBuffer> buffer,
                     const char* format = "RGB") {
  Harness harness(make_overlay(properties));
  harness.set_caps(caps(format));
  return harness.push_and_pull(std::move(buffer));
}

/// Moves from column 20 to column 70 in row 60.
constexpr Row kTrail{20, 60, 70, 60, 0.5f, 1};
// Lines are anti-aliased, so they blend with the background.
MATCHER_P(IsNear, expected, "") {
  for (int c = 0; c < 3; c++) {
    if (std::abs(arg[c] - expected[c]) > 40) return false;
  }
  return true;
}

constexpr Row kOutlier{20, 60, 70, 60, 0.5f, 0};

TEST(OverlayMatches, are_lines_from_where_points_were_to_where_they_are) {
  const auto out = drawn({}, frame_with({kTrail}));
  EXPECT_THAT(pixel(out, 30, 60), IsNear(kGreen));
  EXPECT_THAT(pixel(out, 60, 60), IsNear(kGreen));
  EXPECT_EQ(pixel(out, 70, 61), pixel(out, 70, 59)) << "a dot where it is now";
  EXPECT_NE(pixel(out, 70, 61), kImage);
  EXPECT_EQ(pixel(out, 20, 62), kImage) << "none where it was";
  EXPECT_EQ(pixel(out, 45, 63), kImage);
  EXPECT_EQ(pixel(out, 15, 60), kImage);
  EXPECT_EQ(pixel(out, 76, 60), kImage);
}

TEST(OverlayMatches, are_not_drawn_with_style_none) {
  const auto out = drawn({{"match-style", "none"}}, frame_with({kTrail}));
  EXPECT_THAT(bytes_of(out.get()), Each(kGrey));
}

TEST(OverlayMatches, are_red_where_they_disagree_with_the_geometry) {
  EXPECT_THAT(pixel(drawn({}, frame_with({kOutlier})), 45, 60), IsNear(kRed));
  EXPECT_THAT(pixel(drawn({}, frame_with({kOutlier, kTrail})), 45, 60), IsNear(kRed))
      << "and on top";
  EXPECT_THAT(pixel(drawn({}, frame_with({kOutlier, kTrail, kOutlier})), 45, 60), IsNear(kGreen))
      << "the fewer are on top";
}

TEST(OverlayMatches, can_have_the_colour_of_their_confidence) {
  const Properties by_confidence = {{"match-color", "confidence"}};
  for (const auto& [confidence, expected] :
       {std::pair{0.f, kRed}, {0.5f, kYellow}, {1.f, kGreen}, {-3.f, kRed}, {9.f, kGreen}}) {
    Row row = kOutlier;
    row.confidence = confidence;
    EXPECT_THAT(pixel(drawn(by_confidence, frame_with({row})), 45, 60), IsNear(expected))
        << confidence;
  }
}

TEST(OverlayMatches, leave_most_of_the_image_to_be_seen) {
  std::vector<Row> rows;
  for (int i = 0; i < 2000; i++) {
    rows.push_back(
        {10, static_cast<float>(20 + i % 60), 86, static_cast<float>(20 + i % 60), 1, 1});
  }
  const auto out = drawn({}, frame_with(rows));
  guint changed = 0;
  for (guint y = 0; y < kSide; y++) changed += pixel(out, 45, y) != kImage;
  EXPECT_GT(changed, 3u);
  EXPECT_LT(changed, 50u);
}

std::array<double, 9> shift(double x, double y) { return {1, 0, x, 0, 1, y, 0, 0, 1}; }

void attach_geometry(const Ref<GstBuffer>& to, const std::array<double, 9>& matrix,
                     const char* verdict = "moved", const char* geometry = "homography",
                     const char* reference = nullptr) {
  GstTorchMatch match = describe(nullptr, 40);
  match.geometry = geometry;
  match.verdict = verdict;
  match.inliers = 30;
  match.reference = reference;
  match.has_matrix = TRUE;
  std::copy(matrix.begin(), matrix.end(), match.matrix);
  gst_buffer_add_torch_match_meta(to.get(), &match);
}

Ref<GstBuffer> frame_with_geometry(const std::array<double, 9>& matrix,
                                   const char* verdict = "moved",
                                   const char* geometry = "homography") {
  auto buffer = frame();
  attach_geometry(buffer, matrix, verdict, geometry);
  return buffer;
}

TEST(OverlayMatches, have_the_outline_of_the_reference_image) {
  const auto out = drawn({}, frame_with_geometry(shift(40, 30)));
  EXPECT_EQ(pixel(out, 40, 60), kOutline);
  EXPECT_EQ(pixel(out, 70, 30), kOutline);
  EXPECT_EQ(pixel(out, 70, 60), kImage);
  EXPECT_EQ(pixel(out, 20, 60), kImage);
  const auto without = drawn({{"match-outline", "false"}}, frame_with_geometry(shift(40, 30)));
  EXPECT_EQ(pixel(without, 40, 60), kImage);
  const auto fundamental = drawn({}, frame_with_geometry(shift(40, 30), "moved", "fundamental"));
  EXPECT_EQ(pixel(fundamental, 40, 60), kImage);
}

TEST(OverlayMatches, outline_follows_perspective_and_stops_behind_the_camera) {
  // The scale halves for each 96 pixels to the right, so the right border is at 48.
  const auto near = drawn({}, frame_with_geometry({1, 0, 0, 0, 1, 0, 1 / 95., 0, 1}));
  EXPECT_EQ(pixel(near, 47, 40), kOutline);
  // Its right part is behind the camera, so it has no right border.
  const auto behind = drawn({}, frame_with_geometry({1, 0, 0, 0, 1, 30, -1 / 48., 0, 1}));
  EXPECT_EQ(pixel(behind, 0, 60), kOutline);
  EXPECT_EQ(pixel(behind, 90, 60), kImage);
}

/// Counts white pixels, those of letters, in some rows.
guint white_pixels(const Ref<GstBuffer>& out, guint from_row, guint to_row, guint stride = kSide) {
  guint white = 0;
  for (guint y = from_row; y < to_row; y++) {
    for (guint x = 0; x < kSide; x++) white += pixel(out, x, y, stride) == kWhite;
  }
  return white;
}

TEST(OverlayMatches, say_how_many_and_the_verdict) {
  const Properties no_outline = {{"match-outline", "false"}};
  const auto moved = drawn(no_outline, frame_with_geometry(shift(0, 0), "moved"));
  const auto lost = drawn(no_outline, frame_with_geometry(shift(0, 0), "lost"));
  EXPECT_GT(white_pixels(moved, 0, 16), 10u);
  EXPECT_NE(bytes_of(moved.get()), bytes_of(lost.get()));
  EXPECT_EQ(white_pixels(moved, 16, kSide), 0u);
  EXPECT_GT(white_pixels(drawn({}, frame_with({})), 0, 16), 5u) << "no match is a result";
}

TEST(OverlayMatches, have_a_line_for_each_reference_image_below_that_of_the_shot) {
  const auto lines = [](bool with_shot, int results) {
    auto buffer = frame();
    for (int i = 0; i < results; i++)
      attach_geometry(buffer, shift(0, 0), "moved", "homography",
                      i == 0 ? "/some/a.png" : "/some/b.png");
    if (with_shot) {
      GstTorchShot shot{};
      shot.source = "scenes";
      gst_buffer_add_torch_shot_meta(buffer.get(), &shot);
    }
    const auto out = drawn({{"match-outline", "false"}}, buffer);
    guint count = 0;
    for (guint first : {0u, 15u, 28u, 41u}) count += white_pixels(out, first, first + 11) > 0;
    return count;
  };
  EXPECT_EQ(lines(false, 1), 1u);
  EXPECT_EQ(lines(false, 2), 2u);
  EXPECT_EQ(lines(true, 2), 3u);
}

TEST(OverlayMatches, are_those_of_the_selected_source) {
  const auto with_source = [](const char* source) {
    auto buffer = frame_with({kTrail});
    attach(buffer, {{20, 80, 70, 80, 1, 1}}, 0, "loftrmatch1");
    return drawn({{"source", source}}, buffer);
  };
  EXPECT_THAT(pixel(with_source("loftrmatch1"), 45, 80), IsNear(kGreen));
  EXPECT_EQ(pixel(with_source("loftrmatch1"), 45, 60), kImage);
  EXPECT_THAT(bytes_of(with_source("other").get()), Each(kGrey));
  EXPECT_THAT(pixel(with_source(""), 45, 60), IsNear(kGreen)) << "the first that has a result";
  EXPECT_EQ(pixel(with_source(""), 45, 80), kImage);
}

TEST(OverlayMatches, that_were_skipped_pass_undrawn_and_uncopied) {
  auto buffer = frame();
  GstTorchMatch match = describe(nullptr, 0);
  match.skipped = "first-frame";
  gst_buffer_add_torch_match_meta(buffer.get(), &match);
  EXPECT_EQ(drawn({}, buffer).get(), buffer.get());
  EXPECT_THAT(bytes_of(buffer.get()), Each(kGrey));
}

TEST(OverlayMatches, are_scaled_to_the_frame_from_whatever_they_refer_to) {
  auto buffer = frame();
  const auto rows = array_of({{10, 30, 140, 120, 1, 1}});
  GstTorchMatch match = describe(rows.get(), 1);
  match.width = match.height = 2 * kSide;
  match.reference_width = match.reference_height = kSide / 2;
  gst_buffer_add_torch_match_meta(buffer.get(), &match);
  const auto out = drawn({}, buffer);
  EXPECT_NE(pixel(out, 21, 61), kImage);  // from (20.5, 60.5)
  EXPECT_NE(pixel(out, 69, 60), kImage);  // to (69.75, 59.75)
  EXPECT_NE(pixel(out, 45, 60), kImage);
}

TEST(OverlayMatches, follow_a_video_that_is_scaled_and_go_where_it_is_cropped) {
  Harness scaled("videoscale ! video/x-raw,width=192,height=192 ! analysisoverlay");
  scaled.set_caps(caps());
  const Pixel trail = pixel(scaled.push_and_pull(frame_with({kTrail})), 90, 120, 192);
  EXPECT_GT(trail[1] - trail[0], 100) << "half of it: the line lies between two rows";
  Harness cropped("videocrop left=8 right=8 ! analysisoverlay");
  cropped.set_caps(caps());
  EXPECT_THAT(bytes_of(cropped.push_and_pull(frame_with({kTrail})).get()), Each(kGrey));
}

TEST(OverlayMatches, have_the_right_colours_in_every_format_and_leave_transparency_alone) {
  for (const auto& [format, channels, is_bgr] :
       {std::tuple{"BGR", 3u, true}, {"RGBx", 4u, false}, {"BGRA", 4u, true}}) {
    const auto out = drawn({}, frame_with({kTrail}, channels), format);
    EXPECT_THAT(pixel(out, 45, 60, kSide, channels), IsNear(is_bgr ? Pixel{48, 255, 0} : kGreen))
        << format;
    if (format != std::string("BGRA")) continue;
    const auto bytes = bytes_of(out.get());
    for (gsize at = 3; at < bytes.size(); at += 4) ASSERT_EQ(bytes[at], kGrey) << at;
  }
}

TEST(OverlayMatches, that_point_nowhere_are_left_out) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float far = std::numeric_limits<float>::infinity();
  const auto out = drawn(
      {}, frame_with(
              {{nan, 1, 2, 3, 1, 1}, {1, 2, far, 3, 1, 1}, {1e30f, -1e30f, 5, 5, nan, 1}, kTrail}));
  EXPECT_THAT(pixel(out, 45, 60), IsNear(kGreen));
  EXPECT_EQ(pixel(out, 45, 80), kImage);
}

TEST(OverlayMatches, of_an_array_that_is_too_small_give_one_warning) {
  Harness harness(make_overlay());
  harness.set_caps(caps());
  for (int i = 0; i < 2; i++) {
    auto buffer = frame();
    const auto rows = array_of({kTrail});
    GstTorchMatch match = describe(rows.get(), 2);
    match.width = G_MAXUINT;
    match.height = 0;
    gst_buffer_add_torch_match_meta(buffer.get(), &match);
    EXPECT_EQ(pixel(harness.push_and_pull(buffer), 45, 60), kImage);
  }
  EXPECT_THAT(harness.bus.take(GST_MESSAGE_WARNING), ElementsAre(HasSubstr("48 bytes")));
}

// --- side by side

const Properties kPairs = {{"layout", "side-by-side"}, {"match-style", "pairs"}};
constexpr guint kWide = 2 * kSide;

/// Pushes frames of growing brightness; the last one has a match with frame `reference`.
Ref<GstBuffer> last_of(Harness& harness, guint frames, guint reference) {
  harness.set_caps(caps());
  Ref<GstBuffer> out;
  for (guint i = 0; i < frames; i++) {
    auto buffer = frame(i, static_cast<guint8>(100 + i));
    if (i + 1 == frames) attach(buffer, {kTrail}, reference * 40 * GST_MSECOND);
    out = harness.push_and_pull(buffer);
  }
  return out;
}

Pixel grey(guint8 level) { return {level, level, level}; }

TEST(OverlayMatches, in_pairs_lead_across_to_the_earlier_frame) {
  Harness harness(make_overlay(kPairs));
  const auto out = last_of(harness, 2, 0);
  EXPECT_EQ(pixel(out, 10, 80, kWide), grey(101));
  EXPECT_EQ(pixel(out, kSide + 80, 80, kWide), grey(100));
  EXPECT_THAT(pixel(out, 90, 60, kWide), IsNear(kGreen));          // from x=70 in this frame
  EXPECT_THAT(pixel(out, kSide + 15, 60, kWide), IsNear(kGreen));  // to x=20 in the earlier one
  EXPECT_EQ(pixel(out, 60, 60, kWide), grey(101));
  EXPECT_EQ(pixel(out, kSide + 30, 60, kWide), grey(100));
  EXPECT_EQ(white_pixels(out, 0, 16, kWide), 0u) << "words are on the right";
}

// A frame with one match with the image in a file.
Ref<GstBuffer> frame_with_file(const std::string& file) {
  auto buffer = frame();
  const auto rows = array_of({{9.5f, 14.75f, 70, 60, 1, 1}});
  GstTorchMatch match = describe(rows.get(), 1);
  match.reference_pts = GST_CLOCK_TIME_NONE;
  match.reference = file.c_str();
  match.reference_width = 48;
  match.reference_height = 24;
  gst_buffer_add_torch_match_meta(buffer.get(), &match);
  return buffer;
}

TEST(OverlayMatches, in_pairs_do_not_wait_for_a_file_that_is_read_slowly) {
  const TempDirectory directory;
  SlowImages& slow = SlowImages::instance();
  slow.write(directory.path("slow.pic"));
  Harness harness(make_overlay(kPairs));
  harness.set_caps(caps());
  for (int i = 0; i < 3; i++) {
    const auto out = harness.push_and_pull(frame_with_file(directory.path("slow.pic")));
    EXPECT_THAT(pixel(out, kSide + 80, 80, kWide), IsNear(kBlack));
  }
  EXPECT_TRUE(slow.wait_until_begun(1));
}  // the overlay stops although the file is not read yet

// Writes an image of one grey level, two hexadecimal digits.
std::string write_grey(const std::string& path, const std::string& level) {
  return run_pipeline("videotestsrc num-buffers=1 pattern=solid-color foreground-color=0xff" +
                      level + level + level +
                      " ! video/x-raw,width=48,height=24 ! pngenc ! filesink location=" + path);
}

TEST(OverlayMatches, in_pairs_lead_to_the_image_of_a_file_scaled_to_the_frame) {
  const TempDirectory directory;
  const std::string path = directory.path("grey.png");
  ASSERT_EQ(write_grey(path, "40"), "eos");
  for (const std::string& file : {path, directory.path("gone.png")}) {
    Harness harness(make_overlay(kPairs));
    harness.set_caps(caps());
    const bool is_there = file == path;
    Ref<GstBuffer> out;
    for (int i = 0; i < 500; i++) {  // until the file is read or loading must have failed
      out = harness.push_and_pull(frame_with_file(file));
      const bool is_drawn = pixel(out, kSide + 80, 80, kWide)[0] > 0x30;
      if (is_drawn || (!is_there && i == 20)) break;
      g_usleep(10'000);
    }
    EXPECT_THAT(pixel(out, kSide + 80, 80, kWide), IsNear(is_there ? grey(0x40) : kBlack));
    if (!is_there) continue;
    EXPECT_GT(pixel(out, kSide + 80, 80, kWide)[0], 0x30);
    EXPECT_THAT(pixel(out, 90, 60, kWide), IsNear(kGreen));
  }
}

// The request of one file does not cancel that of the other.
TEST(OverlayMatches, in_pairs_load_the_images_of_files_that_alternate) {
  const TempDirectory directory;
  const std::array<std::string, 2> files = {directory.path("a.png"), directory.path("b.png")};
  ASSERT_EQ(write_grey(files[0], "40"), "eos");
  ASSERT_EQ(write_grey(files[1], "80"), "eos");
  Harness harness(make_overlay(kPairs));
  harness.set_caps(caps());
  std::array<guint8, 2> drawn{};
  for (int i = 0; i < 300 && !(drawn[0] && drawn[1]); i++) {
    for (int file : {0, 1}) {
      const auto out = harness.push_and_pull(frame_with_file(files[file]));
      drawn[file] = std::max(drawn[file], pixel(out, kSide + 80, 80, kWide)[0]);
      g_usleep(10'000);
    }
  }
  EXPECT_THAT(grey(drawn[0]), IsNear(grey(0x40)));
  EXPECT_THAT(grey(drawn[1]), IsNear(grey(0x80)));
}

TEST(OverlayMatches, in_pairs_lead_to_the_image_that_agrees_best) {
  struct Result {
    guint matches, inliers;
    const char* geometry;
  };
  // The earlier frame that is shown if the results refer to one earlier frame each.
  const auto shown = [](const std::vector<Result>& results) {
    Harness harness(make_overlay(kPairs));
    harness.set_caps(caps());
    for (guint i = 0; i < results.size(); i++) harness.push_and_pull(frame(i, guint8(101 + i)));
    auto buffer = frame(results.size());
    for (guint i = 0; i < results.size(); i++) {
      const auto rows = array_of(std::vector<Row>(results[i].matches, kTrail));
      GstTorchMatch match = describe(rows.get(), results[i].matches);
      match.reference_pts = i * 40 * GST_MSECOND;
      match.geometry = results[i].geometry;
      match.inliers = results[i].inliers;
      gst_buffer_add_torch_match_meta(buffer.get(), &match);
    }
    return pixel(harness.push_and_pull(buffer), kSide + 80, 80, kWide)[0] - 101;
  };
  EXPECT_EQ(shown({{1, 0, nullptr}, {3, 0, nullptr}, {2, 0, nullptr}}), 1);
  EXPECT_EQ(shown({{3, 1, "homography"}, {2, 2, "homography"}}), 1);
  EXPECT_EQ(shown({{2, 2, "homography"}, {3, 2, "homography"}}), 0) << "of equals the first";
  EXPECT_EQ(shown({{0, 0, nullptr}, {0, 0, nullptr}}), 0);
}

TEST(OverlayMatches, in_pairs_draw_the_lines_of_the_image_that_is_shown) {
  Harness harness(make_overlay(kPairs));
  harness.set_caps(caps());
  harness.push_and_pull(frame(0));
  auto buffer = frame(1);
  attach(buffer, {{20, 80, 70, 80, 1, 1}});
  attach(buffer, {kTrail, kTrail});
  const auto out = harness.push_and_pull(buffer);
  EXPECT_THAT(pixel(out, 90, 60, kWide), IsNear(kGreen));
  EXPECT_EQ(pixel(out, 90, 80, kWide), kImage);
}

TEST(OverlayMatches, in_pairs_have_a_black_right_half_without_an_earlier_frame) {
  Harness harness(make_overlay(kPairs));
  const auto out = last_of(harness, 1, 7);
  EXPECT_EQ(pixel(out, kSide + 80, 80, kWide), kBlack);
  EXPECT_EQ(pixel(out, 90, 60, kWide), grey(100));
}

TEST(OverlayMatches, cached_frames_says_how_far_back_the_other_frame_may_be) {
  const auto shown = [](const char* kept) {
    Properties properties = kPairs;
    properties.emplace_back("history-size", kept);
    Harness harness(make_overlay(properties));
    return pixel(last_of(harness, 5, 1), kSide + 80, 80, kWide);
  };
  EXPECT_EQ(shown("3"), grey(101));
  EXPECT_EQ(shown("2"), kBlack);
}

TEST(OverlayMatches, always_find_a_frame_within_the_history_size) {
  Properties properties = kPairs;
  properties.emplace_back("history-size", "3");
  Harness harness(make_overlay(properties));
  harness.set_caps(caps());
  for (guint i = 0; i < 12; i++) {
    auto buffer = frame(i, static_cast<guint8>(100 + i));
    if (i >= 3) attach(buffer, {kTrail}, (i - 3) * 40 * GST_MSECOND);
    const auto out = harness.push_and_pull(buffer);
    EXPECT_EQ(pixel(out, kSide + 80, 80, kWide), i >= 3 ? grey(97 + i) : kBlack) << i;
  }
}

TEST(OverlayMatches, keep_a_frame_that_is_requested_repeatedly) {
  Properties properties = kPairs;
  properties.emplace_back("history-size", "2");
  Harness harness(make_overlay(properties));
  harness.set_caps(caps());
  for (guint i = 0; i < 6; i++) {
    auto buffer = frame(i, static_cast<guint8>(100 + i));
    if (i > 0) attach(buffer, {kTrail}, 0);
    const auto out = harness.push_and_pull(buffer);
    EXPECT_EQ(pixel(out, kSide + 80, 80, kWide), i > 0 ? grey(100) : kBlack) << i;
  }
}

TEST(OverlayMatches, keep_earlier_frames_only_if_these_are_shown) {
  for (const auto& [style, held] : {std::pair{"trails", 1}, {"pairs", 2}}) {
    Harness harness(make_overlay({{"layout", "side-by-side"}, {"match-style", style}}));
    harness.set_caps(caps());
    const auto buffer = frame(0);
    harness.push_and_pull(buffer);
    EXPECT_EQ(GST_MINI_OBJECT_REFCOUNT_VALUE(buffer.get()), held) << style;
    harness.push_event(gst_event_new_flush_start());
    harness.push_event(gst_event_new_flush_stop(TRUE));
    EXPECT_EQ(GST_MINI_OBJECT_REFCOUNT_VALUE(buffer.get()), 1) << "another stream";
  }
}

TEST(OverlayMatches, in_pairs_are_trails_without_side_by_side) {
  const auto out = drawn({{"match-style", "pairs"}}, frame_with({kTrail}));
  EXPECT_THAT(pixel(out, 45, 60), IsNear(kGreen));
}

TEST(OverlayMatches, are_trails_on_the_right_beside_the_image) {
  const auto out = drawn({{"layout", "side-by-side"}}, frame_with({kTrail}));
  EXPECT_EQ(pixel(out, 45, 60, kWide), kImage);
  EXPECT_THAT(pixel(out, kSide + 45, 60, kWide), IsNear(kGreen));
  EXPECT_EQ(pixel(out, kSide + 45, 80, kWide), kBlack);
}

// --- on snapshots

Ref<GstBuffer> snapshot(Properties properties, const std::vector<Ref<GstBuffer>>& frames) {
  const TempDirectory directory;
  properties.emplace_back("snapshot-location", directory.path("%d.png"));
  properties.emplace_back("snapshot-every", "1");
  properties.emplace_back("snapshot-max-queue", "9");
  {
    Harness harness(make_overlay(properties));
    harness.set_caps(caps());
    for (const auto& buffer : frames) harness.push(buffer);
  }
  return decoded(directory.path(std::to_string(frames.size() - 1) + ".png"));
}

TEST(OverlayMatches, are_drawn_on_snapshots_and_so_are_shots) {
  auto buffer = frame_with({kTrail});
  GstTorchShot shot{};
  shot.source = "scenes";
  shot.score = 1;
  shot.threshold = 0.5;
  gst_buffer_add_torch_shot_meta(buffer.get(), &shot);
  const auto out = snapshot({}, {buffer});
  ASSERT_TRUE(out);
  EXPECT_THAT(pixel(out, 45, 60), IsNear(kGreen));
  EXPECT_EQ(pixel(out, kSide - 1, kSide - 10), kWhite) << "the score";
}

TEST(OverlayMatches, are_drawn_in_pairs_on_snapshots) {
  auto second = frame(1, 101);
  attach(second, {kTrail});
  const auto out = snapshot(kPairs, {frame(0), second});
  ASSERT_TRUE(out);
  EXPECT_EQ(pixel(out, kSide + 80, 80, kWide), grey(100));
  EXPECT_THAT(pixel(out, 90, 60, kWide), IsNear(kGreen));
}

}  // namespace
}  // namespace gsttorch
