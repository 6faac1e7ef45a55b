// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <gst/base/gstbasetransform.h>

#include "lib/formats/flow_color.h"
#include "lib/gst/gsttorchshotmeta.h"
#include "tests/support/file_limit.h"
#include "tests/support/gst_pipeline.h"
#include "tests/support/gst_support.h"
#include "tests/support/image_file.h"
#include "tests/support/log_lines.h"
#include "tests/support/temp_directory.h"

namespace gsttorch {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

constexpr guint kWidth = 8, kHeight = 4;
constexpr guint8 kGrey = 100;

GstElement* make_overlay(const std::vector<std::pair<const char*, const char*>>& properties = {}) {
  GstElement* overlay = gst_element_factory_make("analysisoverlay", nullptr);
  for (const auto& [name, value] : properties)
    gst_util_set_object_arg(G_OBJECT(overlay), name, value);
  return overlay;
}

std::string caps(const std::string& format, guint width = kWidth, guint height = kHeight) {
  return "video/x-raw,format=" + format + ",width=" + std::to_string(width) +
         ",height=" + std::to_string(height) + ",framerate=25/1";
}

guint stride_of(guint width, guint channels) { return GST_ROUND_UP_4(width * channels); }

Ref<GstBuffer> grey_frame(guint width = kWidth, guint height = kHeight, guint channels = 3) {
  return make_buffer(stride_of(width, channels) * height, kGrey);
}

void attach(const Ref<GstBuffer>& frame, const Ref<GstBuffer>& array, guint width = kWidth,
            guint height = kHeight, const char* source = "raftflow0") {
  GstTorchFlow flow = describe_flow(width, height, array.get());
  flow.source = source;
  gst_buffer_add_torch_flow_meta(frame.get(), &flow);
}

Ref<GstBuffer> frame_with_flow(float x, float y) {
  auto frame = grey_frame();
  attach(frame, constant_flow(kWidth, kHeight, x, y));
  return frame;
}

using Pixel = std::array<guint8, 3>;

/// The first three channels of a pixel in a packed frame.
Pixel pixel(const Ref<GstBuffer>& frame, guint x, guint y, guint width = kWidth,
            guint channels = 3) {
  const auto bytes = bytes_of(frame.get());
  const gsize at = y * stride_of(width, channels) + x * channels;
  return {bytes[at], bytes[at + 1], bytes[at + 2]};
}

/// Runs a frame with flow through an overlay with these properties.
Ref<GstBuffer> drawn(const std::vector<std::pair<const char*, const char*>>& properties, float x,
                     float y) {
  Harness harness(make_overlay(properties));
  harness.set_caps(caps("RGB"));
  return harness.push_and_pull(frame_with_flow(x, y));
}

bool is_within(int levels, const Pixel& a, const Pixel& b) {
  for (int c = 0; c < 3; c++) {
    if (std::abs(a[c] - b[c]) > levels) return false;
  }
  return true;
}

MATCHER_P(IsNear, expected, "") { return is_within(2, arg, expected); }

constexpr Pixel kRed{255, 0, 0};  // the wheel's colour for a full-length vector to the right
constexpr Pixel kImage{kGrey, kGrey, kGrey};

TEST(AnalysisOverlay, paints_the_wheel_colour_of_the_flow) {
  const auto out = drawn({{"opacity", "1"}, {"max-magnitude", "10"}}, 10, 0);
  for (guint y = 0; y < kHeight; y++) {
    for (guint x = 0; x < kWidth; x++) EXPECT_THAT(pixel(out, x, y), IsNear(kRed)) << x << "," << y;
  }
}

TEST(AnalysisOverlay, opacity_mixes_the_drawing_with_the_image) {
  const auto out = drawn({{"opacity", "0.25"}, {"max-magnitude", "10"}}, 10, 0);
  EXPECT_THAT(pixel(out, 3, 2), IsNear(Pixel{139, 75, 75}));
  const auto none = drawn({{"opacity", "0"}, {"max-magnitude", "10"}}, 10, 0);
  EXPECT_THAT(pixel(none, 3, 2), IsNear(kImage));
}

TEST(AnalysisOverlay, max_magnitude_is_the_length_in_full_saturation) {
  const auto half = drawn({{"opacity", "1"}, {"max-magnitude", "20"}}, 10, 0);
  EXPECT_THAT(pixel(half, 3, 2), IsNear(Pixel{255, 127, 127}));
  const auto automatic = drawn({{"opacity", "1"}}, 10, 0);
  EXPECT_THAT(pixel(automatic, 3, 2), IsNear(kRed));
}

TEST(AnalysisOverlay, flow_style_none_draws_nothing) {
  const auto out = drawn({{"opacity", "1"}, {"flow-style", "none"}}, 10, 0);
  EXPECT_THAT(bytes_of(out.get()), Each(kGrey));
}

/// The pixels of an arrow drawing that differ from the image.
std::vector<Pixel> arrow_pixels(const std::vector<std::pair<const char*, const char*>>& properties,
                                guint from_row, guint rows) {
  Harness harness(make_overlay(properties));
  harness.set_caps(caps("RGB", 64, 64));
  auto frame = grey_frame(64, 64);
  attach(frame, constant_flow(64, 64, 6, 0), 64, 64);
  const auto out = harness.push_and_pull(frame);
  std::vector<Pixel> pixels;
  for (guint y = from_row; y < from_row + rows; y++) {
    for (guint x = 0; x < 64; x++) {
      if (pixel(out, x, y, 64) != kImage) pixels.push_back(pixel(out, x, y, 64));
    }
  }
  return pixels;
}

TEST(AnalysisOverlay, draws_arrows_in_the_hue_of_the_flow_and_a_step_long_at_max_magnitude) {
  const auto red_in_row_8 = [](const char* max_magnitude) {
    const auto row = arrow_pixels(
        {{"opacity", "1"}, {"flow-style", "arrows"}, {"max-magnitude", max_magnitude}}, 8, 1);
    return std::count_if(row.begin(), row.end(),
                         [](const Pixel& p) { return is_within(30, p, kRed); });
  };
  // Four arrows of six pixels' motion; their ends are anti-aliased.
  EXPECT_THAT(red_in_row_8("12"), ::testing::AllOf(::testing::Ge(4 * 6), ::testing::Le(4 * 9)));
  EXPECT_THAT(red_in_row_8("24"), ::testing::AllOf(::testing::Ge(4 * 2), ::testing::Le(4 * 5)));
}

TEST(AnalysisOverlay, leaves_the_image_between_arrows) {
  EXPECT_THAT(arrow_pixels({{"opacity", "1"}, {"flow-style", "arrows"}}, 15, 2), IsEmpty());
}

TEST(AnalysisOverlay, arrow_step_is_the_distance_of_arrows) {
  const auto row_is_drawn = [](const char* step, guint row) {
    return !arrow_pixels({{"opacity", "1"},
                          {"flow-style", "arrows"},
                          {"max-magnitude", "60"},
                          {"arrow-step", step}},
                         row, 1)
                .empty();
  };
  EXPECT_TRUE(row_is_drawn("16", 8));
  EXPECT_TRUE(row_is_drawn("16", 24));
  EXPECT_FALSE(row_is_drawn("32", 8));
  EXPECT_TRUE(row_is_drawn("32", 16));
}

TEST(AnalysisOverlay, source_selects_whose_flow_is_drawn) {
  const auto color = [](const char* source) {
    GstElement* overlay = make_overlay({{"opacity", "1"}, {"max-magnitude", "10"}});
    g_object_set(overlay, "source", source, nullptr);
    Harness harness(overlay);
    harness.set_caps(caps("RGB"));
    auto frame = frame_with_flow(10, 0);
    attach(frame, constant_flow(kWidth, kHeight, 0, 10), kWidth, kHeight, "raftflow1");
    return pixel(harness.push_and_pull(frame), 0, 0);
  };
  EXPECT_THAT(color(nullptr), IsNear(kRed));
  EXPECT_THAT(color("raftflow0"), IsNear(kRed));
  EXPECT_THAT(color("raftflow1"), IsNear(flow_color({0, 1}, {})));
  EXPECT_THAT(color("raftflow2"), IsNear(kImage));
}

TEST(AnalysisOverlay, draws_the_first_flow_there_is_behind_a_skipped_one) {
  Harness harness(make_overlay({{"opacity", "1"}, {"max-magnitude", "10"}}));
  harness.set_caps(caps("RGB"));
  auto frame = grey_frame();
  GstTorchFlow skipped = describe_flow(kWidth, kHeight, nullptr);
  skipped.skipped = "first-frame";
  gst_buffer_add_torch_flow_meta(frame.get(), &skipped);
  attach(frame, constant_flow(kWidth, kHeight, 10, 0), kWidth, kHeight, "raftflow1");
  EXPECT_THAT(pixel(harness.push_and_pull(frame), 0, 0), IsNear(kRed));
}

TEST(AnalysisOverlay, properties_change_while_playing) {
  GstElement* overlay = make_overlay({{"opacity", "1"}, {"max-magnitude", "10"}});
  Harness harness(overlay);
  harness.set_caps(caps("RGB"));
  EXPECT_THAT(pixel(harness.push_and_pull(frame_with_flow(10, 0)), 0, 0), IsNear(kRed));
  g_object_set(overlay, "opacity", 0.0, nullptr);
  EXPECT_THAT(pixel(harness.push_and_pull(frame_with_flow(10, 0)), 0, 0), IsNear(kImage));
}

TEST(AnalysisOverlay, the_layout_stays_while_playing) {
  GstElement* overlay = make_overlay();
  Harness harness(overlay);
  harness.set_caps(caps("RGB"));
  gst_util_set_object_arg(G_OBJECT(overlay), "layout", "side-by-side");
  gint layout = -1;
  g_object_get(overlay, "layout", &layout, nullptr);
  EXPECT_EQ(layout, 0);
  EXPECT_THAT(harness.bus.take(GST_MESSAGE_WARNING), ElementsAre(HasSubstr("layout")));
  EXPECT_EQ(gst_buffer_get_size(harness.push_and_pull(frame_with_flow(1, 0)).get()),
            gst_buffer_get_size(grey_frame().get()));
}

TEST(AnalysisOverlay, side_by_side_leaves_the_image_and_draws_on_its_right) {
  const auto out = drawn({{"layout", "side-by-side"}, {"max-magnitude", "10"}}, 10, 0);
  ASSERT_TRUE(out);
  ASSERT_EQ(gst_buffer_get_size(out.get()), stride_of(2 * kWidth, 3) * kHeight);
  for (guint y = 0; y < kHeight; y++) {
    for (guint x = 0; x < 2 * kWidth; x++) {
      EXPECT_THAT(pixel(out, x, y, 2 * kWidth), IsNear(x < kWidth ? kImage : kRed));
    }
  }
}

TEST(AnalysisOverlay, frames_without_flow_pass_undrawn) {
  Harness blend(make_overlay({{"opacity", "1"}}));
  blend.set_caps(caps("RGB"));
  EXPECT_THAT(bytes_of(blend.push_and_pull(grey_frame()).get()), Each(kGrey));

  Harness beside(make_overlay({{"layout", "side-by-side"}}));
  beside.set_caps(caps("RGB"));
  const auto out = beside.push_and_pull(grey_frame());
  EXPECT_EQ(pixel(out, kWidth - 1, 0, 2 * kWidth), kImage);
  EXPECT_EQ(pixel(out, kWidth, 0, 2 * kWidth), (Pixel{0, 0, 0}));
}

struct Format {
  const char* name;
  guint channels;
  bool is_bgr;
  bool has_alpha;
};
class AnalysisOverlayFormat : public ::testing::TestWithParam<Format> {};

TEST_P(AnalysisOverlayFormat, has_the_right_colours_over_and_beside_the_image) {
  const auto [name, channels, is_bgr, has_alpha] = GetParam();
  const Pixel red = is_bgr ? Pixel{0, 0, 255} : kRed;
  const auto draw = [&](const char* layout) {
    Harness harness(make_overlay({{"layout", layout}, {"opacity", "1"}, {"max-magnitude", "10"}}));
    harness.set_caps(caps(name));
    auto frame = grey_frame(kWidth, kHeight, channels);
    attach(frame, constant_flow(kWidth, kHeight, 10, 0));
    return harness.push_and_pull(frame);
  };
  const auto over = draw("blend");
  EXPECT_THAT(pixel(over, 5, 3, kWidth, channels), IsNear(red));
  const auto beside = draw("side-by-side");
  EXPECT_EQ(pixel(beside, 5, 3, 2 * kWidth, channels), kImage);
  EXPECT_THAT(pixel(beside, kWidth + 5, 3, 2 * kWidth, channels), IsNear(red));
  if (has_alpha) {
    EXPECT_EQ(bytes_of(over.get())[3], kGrey) << "transparency is the image's";
    EXPECT_EQ(bytes_of(beside.get())[4 * kWidth + 3], 255) << "the drawing is opaque";
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, AnalysisOverlayFormat,
    ::testing::Values(Format{"RGB", 3, false, false}, Format{"BGR", 3, true, false},
                      Format{"RGBx", 4, false, false}, Format{"BGRx", 4, true, false},
                      Format{"RGBA", 4, false, true}, Format{"BGRA", 4, true, true}),
    [](const auto& info) { return info.param.name; });

struct Size {
  guint width, height;
};
class AnalysisOverlaySize : public ::testing::TestWithParam<Size> {};

TEST_P(AnalysisOverlaySize, is_drawn_to_the_last_pixel) {
  const auto [width, height] = GetParam();
  for (const char* style : {"wheel", "arrows"}) {
    Harness harness(make_overlay({{"layout", "side-by-side"},
                                  {"max-magnitude", "10"},
                                  {"arrow-step", "2"},
                                  {"flow-style", style}}));
    harness.set_caps(caps("RGB", width, height));
    auto frame = grey_frame(width, height);
    attach(frame, constant_flow(width, height, 10, 0), width, height);
    const auto out = harness.push_and_pull(frame);
    ASSERT_TRUE(out);
    EXPECT_EQ(pixel(out, width - 1, height - 1, 2 * width), kImage);
    const Pixel last = pixel(out, 2 * width - 1, height - 1, 2 * width);
    if (std::string(style) == "wheel") {
      EXPECT_THAT(last, IsNear(kRed));
    } else if (width == 1) {
      EXPECT_NE(last, (Pixel{0, 0, 0})) << "each single pixel has its arrow";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, AnalysisOverlaySize,
                         ::testing::Values(Size{1, 1}, Size{7, 5}, Size{33, 1}, Size{1, 9}),
                         [](const auto& info) {
                           return std::to_string(info.param.width) + "x" +
                                  std::to_string(info.param.height);
                         });

TEST(AnalysisOverlay, scales_a_coarser_grid_and_its_vectors_to_the_frame) {
  Harness harness(make_overlay({{"opacity", "1"}, {"max-magnitude", "10"}}));
  harness.set_caps(caps("RGB", 8, 8));
  auto frame = grey_frame(8, 8);
  // The left column moves to the right, the right one is still. A grid pixel is 4 frame pixels
  // wide.
  const auto array = make_array<float>({2.5f, 0, 0, 0, 2.5f, 0, 0, 0});
  GstTorchFlow flow = describe_flow(8, 8, array.get());
  flow.grid_width = flow.grid_height = 2;
  gst_buffer_add_torch_flow_meta(frame.get(), &flow);
  const auto out = harness.push_and_pull(frame);
  EXPECT_THAT(pixel(out, 0, 7, 8), IsNear(kRed));
  EXPECT_THAT(pixel(out, 7, 0, 8), IsNear(Pixel{255, 255, 255}));
}

TEST(AnalysisOverlay, draws_what_was_rescaled_with_the_video) {
  Harness harness(
      "videoscale ! capsfilter caps=video/x-raw,width=16,height=4 ! "
      "analysisoverlay opacity=1 max-magnitude=10");
  harness.set_caps(caps("RGB"));
  EXPECT_THAT(pixel(harness.push_and_pull(frame_with_flow(5, 0)), 15, 3, 16), IsNear(kRed));
}

TEST(AnalysisOverlay, reads_half_precision) {
  Harness harness(make_overlay({{"opacity", "1"}, {"max-magnitude", "1"}}));
  harness.set_caps(caps("RGB"));
  auto frame = grey_frame();
  std::vector<guint16> halves;
  for (guint i = 0; i < kWidth * kHeight; i++) halves.insert(halves.end(), {0x3c00, 0});
  const auto array = make_array(halves);
  GstTorchFlow flow = describe_flow(kWidth, kHeight, array.get());
  flow.format = GST_TORCH_FLOW_FORMAT_F16;
  gst_buffer_add_torch_flow_meta(frame.get(), &flow);
  EXPECT_THAT(pixel(harness.push_and_pull(frame), 0, 0), IsNear(kRed));
}

/// Position of the pixels in a buffer with padded rows and bytes before the image.
constexpr guint kPaddedStride = 40, kOffset = 16;

Ref<GstBuffer> padded_frame() {
  auto frame = make_buffer(kOffset + kPaddedStride * kHeight, kGrey);
  gsize offsets[4] = {kOffset};
  gint strides[4] = {kPaddedStride};
  gst_buffer_add_video_meta_full(frame.get(), GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_RGB,
                                 kWidth, kHeight, 1, offsets, strides);
  attach(frame, constant_flow(kWidth, kHeight, 10, 0));
  return frame;
}

TEST(AnalysisOverlay, respects_the_strides_of_the_video_meta) {
  Harness harness(make_overlay({{"opacity", "1"}, {"max-magnitude", "10"}}));
  harness.set_caps(caps("RGB"));
  const auto bytes = bytes_of(harness.push_and_pull(padded_frame()).get());
  for (gsize i = 0; i < bytes.size(); i++) {
    const bool inside = i >= kOffset && (i - kOffset) % kPaddedStride < 3 * kWidth;
    const bool is_red = inside && (i - kOffset) % kPaddedStride % 3 == 0;
    EXPECT_EQ(bytes[i], inside ? (is_red ? 255 : 0) : kGrey) << i;
  }
}

TEST(AnalysisOverlay, copies_from_padded_rows_side_by_side) {
  Harness harness(make_overlay({{"layout", "side-by-side"}, {"max-magnitude", "10"}}));
  harness.set_caps(caps("RGB"));
  const auto out = harness.push_and_pull(padded_frame());
  ASSERT_TRUE(out);
  EXPECT_EQ(pixel(out, kWidth - 1, kHeight - 1, 2 * kWidth), kImage);
  EXPECT_THAT(pixel(out, kWidth, kHeight - 1, 2 * kWidth), IsNear(kRed));
}

TEST(AnalysisOverlay, does_not_draw_into_a_buffer_with_other_references) {
  Harness harness(make_overlay({{"opacity", "1"}}));
  harness.set_caps(caps("RGB"));
  const auto held = frame_with_flow(10, 0);
  const auto out = harness.push_and_pull(held);
  EXPECT_THAT(pixel(out, 0, 0), IsNear(kRed));
  EXPECT_THAT(bytes_of(held.get()), Each(kGrey));
}

TEST(AnalysisOverlay, does_not_draw_into_a_memory_with_other_references) {
  Harness harness(make_overlay({{"opacity", "1"}}));
  harness.set_caps(caps("RGB"));
  auto frame = frame_with_flow(10, 0);
  const auto held = Ref<GstBuffer>::adopt(gst_buffer_copy(frame.get()));
  ASSERT_EQ(gst_buffer_peek_memory(held.get(), 0), gst_buffer_peek_memory(frame.get(), 0));
  EXPECT_THAT(pixel(harness.push_and_pull(std::move(frame)), 0, 0), IsNear(kRed));
  EXPECT_THAT(bytes_of(held.get()), Each(kGrey));
}

TEST(AnalysisOverlay, draws_in_place_where_nobody_else_holds_the_frame) {
  Harness harness(make_overlay({{"opacity", "1"}}));
  harness.set_caps(caps("RGB"));
  auto frame = frame_with_flow(10, 0);
  const GstMemory* memory = gst_buffer_peek_memory(frame.get(), 0);
  const auto out = harness.push_and_pull(std::move(frame));
  EXPECT_EQ(gst_buffer_peek_memory(out.get(), 0), memory);
}

TEST(AnalysisOverlay, the_other_branch_of_a_tee_stays_clean) {
  Harness harness(
      "tee name=t  t. ! queue ! analysisoverlay opacity=1 ! appsink name=drawn sync=false "
      "async=false "
      " t. ! queue ! identity");
  harness.set_caps(caps("RGB"));
  const auto clean = harness.push_and_pull(frame_with_flow(10, 0));
  const auto sink =
      Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(harness.element()), "drawn"));
  GstSample* sample = nullptr;
  g_signal_emit_by_name(sink.get(), "pull-sample", &sample);
  ASSERT_NE(sample, nullptr);
  EXPECT_THAT(pixel(Ref<GstBuffer>::share(gst_sample_get_buffer(sample)), 0, 0), IsNear(kRed));
  gst_sample_unref(sample);
  EXPECT_THAT(bytes_of(clean.get()), Each(kGrey));
}

Ref<GstBuffer> frame_with_metas() {
  auto frame = frame_with_flow(1, 0);
  const auto clock = Ref<GstCaps>::adopt(gst_caps_new_empty_simple("timestamp/x-ntp"));
  gst_buffer_add_reference_timestamp_meta(frame.get(), clock.get(), 1, 1);
  gst_buffer_add_video_region_of_interest_meta(frame.get(), "face", 1, 1, 2, 2);
  GST_BUFFER_PTS(frame.get()) = 7 * GST_SECOND;
  GST_BUFFER_DURATION(frame.get()) = GST_SECOND;
  return frame;
}

bool has_region(GstBuffer* buffer) {
  return gst_buffer_get_meta(buffer, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE) != nullptr;
}

TEST(AnalysisOverlay, keeps_times_and_metas_when_it_draws_over_the_image) {
  Harness harness(make_overlay());
  harness.set_caps(caps("RGB"));
  const auto out = harness.push_and_pull(frame_with_metas());
  EXPECT_EQ(GST_BUFFER_PTS(out.get()), 7 * GST_SECOND);
  EXPECT_NE(gst_buffer_get_torch_flow_meta(out.get(), nullptr), nullptr);
  EXPECT_NE(gst_buffer_get_reference_timestamp_meta(out.get(), nullptr), nullptr);
  EXPECT_TRUE(has_region(out.get()));
}

TEST(AnalysisOverlay, side_by_side_keeps_times_and_drops_metas_with_coordinates) {
  Harness harness(make_overlay({{"layout", "side-by-side"}}));
  harness.set_caps(caps("RGB"));
  const auto out = harness.push_and_pull(frame_with_metas());
  EXPECT_EQ(GST_BUFFER_PTS(out.get()), 7 * GST_SECOND);
  EXPECT_EQ(GST_BUFFER_DURATION(out.get()), GST_SECOND);
  EXPECT_NE(gst_buffer_get_reference_timestamp_meta(out.get(), nullptr), nullptr);
  EXPECT_EQ(gst_buffer_get_torch_flow_meta(out.get(), nullptr), nullptr);
  EXPECT_FALSE(has_region(out.get()));
}

TEST(AnalysisOverlay, warns_once_of_flow_that_is_smaller_than_its_grid_and_continues) {
  Harness harness(make_overlay({{"opacity", "1"}}));
  harness.set_caps(caps("RGB"));
  for (const guint grid_width : {kWidth + 1, 0u, G_MAXUINT}) {
    auto frame = grey_frame();
    const auto array = constant_flow(kWidth, kHeight, 10, 0);
    GstTorchFlow flow = describe_flow(kWidth, kHeight, array.get());
    flow.grid_width = grid_width;
    gst_buffer_add_torch_flow_meta(frame.get(), &flow);
    const auto out = harness.push_and_pull(std::move(frame));
    ASSERT_TRUE(out);
    EXPECT_THAT(bytes_of(out.get()), Each(kGrey));
  }
  EXPECT_THAT(harness.bus.take(GST_MESSAGE_WARNING), ElementsAre(HasSubstr("9x4")));
  EXPECT_THAT(pixel(harness.push_and_pull(frame_with_flow(10, 0)), 0, 0), IsNear(kRed));
}

TEST(AnalysisOverlay, arrows_may_point_anywhere) {
  for (const float far : {1e9f, -1e9f, 1e10f, std::numeric_limits<float>::quiet_NaN()}) {
    EXPECT_TRUE(drawn({{"flow-style", "arrows"}, {"arrow-step", "2"}}, far, -far)) << far;
  }
}

TEST(AnalysisOverlay, follows_changes_of_size) {
  for (const char* layout : {"blend", "side-by-side"}) {
    Harness harness(make_overlay({{"layout", layout}, {"opacity", "1"}, {"max-magnitude", "10"}}));
    const guint times = std::string(layout) == "blend" ? 1 : 2;
    for (const auto& [width, height] : {Size{8, 4}, Size{20, 10}, Size{5, 3}}) {
      harness.set_caps(caps("RGB", width, height));
      auto frame = grey_frame(width, height);
      attach(frame, constant_flow(width, height, 10, 0), width, height);
      const auto out = harness.push_and_pull(std::move(frame));
      ASSERT_TRUE(out);
      EXPECT_EQ(gst_buffer_get_size(out.get()), stride_of(times * width, 3) * height);
      EXPECT_THAT(pixel(out, times * width - 1, height - 1, times * width), IsNear(kRed));
    }
  }
}

/// The pad's widths when the opposite pad has these.
std::string widths(const char* pad, const std::string& on_other_side) {
  GstElement* overlay = make_overlay({{"layout", "side-by-side"}});
  GstBaseTransformClass* klass = GST_BASE_TRANSFORM_GET_CLASS(overlay);
  const auto in =
      Ref<GstCaps>::adopt(gst_caps_from_string(("video/x-raw,width=" + on_other_side).c_str()));
  const auto direction = std::string(pad) == "src" ? GST_PAD_SINK : GST_PAD_SRC;
  const auto out = Ref<GstCaps>::adopt(
      klass->transform_caps(GST_BASE_TRANSFORM(overlay), direction, in.get(), nullptr));
  gst_object_unref(overlay);
  if (gst_caps_is_empty(out.get())) return "none";
  const GValue* width = gst_structure_get_value(gst_caps_get_structure(out.get(), 0), "width");
  gchar* text = gst_value_serialize(width);
  const std::string result = text;
  g_free(text);
  return result;
}

TEST(AnalysisOverlay, side_by_side_doubles_every_kind_of_width) {
  EXPECT_EQ(widths("src", "(int)320"), "640");
  EXPECT_EQ(widths("src", "(int)[ 1, 100 ]"), "[ 2, 200, 2 ]");
  EXPECT_EQ(widths("src", "(int)[ 4, 100, 4 ]"), "[ 8, 200, 8 ]");
  EXPECT_EQ(widths("src", "(int){ 10, 21 }"), "{ (int)20, (int)42 }");
  EXPECT_EQ(widths("src", "(int)[ 1, 2147483647 ]"), "[ 2, 2147483646, 2 ]");
  EXPECT_EQ(widths("src", "(int)2147483647"), "none");
}

TEST(AnalysisOverlay, side_by_side_halves_every_kind_of_width) {
  EXPECT_EQ(widths("sink", "(int)640"), "320");
  EXPECT_EQ(widths("sink", "(int)641"), "none");
  EXPECT_EQ(widths("sink", "(int)[ 1, 101 ]"), "[ 1, 50 ]");
  EXPECT_EQ(widths("sink", "(int)[ 3, 99, 3 ]"), "[ 3, 48, 3 ]");
  EXPECT_EQ(widths("sink", "(int)[ 4, 100, 4 ]"), "[ 2, 50, 2 ]");
  EXPECT_EQ(widths("sink", "(int)[ 2, 3 ]"), "1");
  EXPECT_EQ(widths("sink", "(int){ 10, 21, 30 }"), "{ (int)5, (int)15 }");
  EXPECT_EQ(widths("sink", "(int)1"), "none");
}

struct Pipeline {
  const char* name;
  const char* line;
};
class AnalysisOverlayPipeline : public ::testing::TestWithParam<Pipeline> {};

TEST_P(AnalysisOverlayPipeline, negotiates_and_runs) {
  EXPECT_EQ(run_pipeline(GetParam().line), "eos");
}

INSTANTIATE_TEST_SUITE_P(
    All, AnalysisOverlayPipeline,
    ::testing::Values(
        Pipeline{"blend",
                 "videotestsrc num-buffers=3 ! video/x-raw,format=I420,width=64,height=48 ! "
                 "videoconvert ! analysisoverlay ! videoconvert ! "
                 "video/x-raw,format=I420,width=64,height=48 ! fakesink"},
        Pipeline{"side_by_side",
                 "videotestsrc num-buffers=3 ! video/x-raw,format=I420,width=64,height=48 ! "
                 "videoconvert ! analysisoverlay layout=side-by-side ! videoconvert ! "
                 "video/x-raw,format=I420,width=128,height=48 ! fakesink"},
        Pipeline{"width_from_downstream",
                 "videotestsrc num-buffers=3 ! video/x-raw,height=48 ! videoconvert ! "
                 "analysisoverlay layout=side-by-side ! videoconvert ! "
                 "video/x-raw,width=128 ! fakesink"},
        Pipeline{"nothing_fixed",
                 "videotestsrc num-buffers=3 ! videoscale ! videoconvert ! "
                 "analysisoverlay layout=side-by-side ! videoscale ! videoconvert ! fakesink"},
        Pipeline{"encoder",
                 "videotestsrc num-buffers=3 ! video/x-raw,width=63,height=47 ! videoconvert ! "
                 "analysisoverlay layout=side-by-side ! videoconvert ! pngenc ! fakesink"}),
    [](const auto& info) { return info.param.name; });

TEST(AnalysisOverlay, refuses_an_odd_width_downstream_when_side_by_side) {
  EXPECT_NE(run_pipeline("videotestsrc num-buffers=3 ! videoconvert ! "
                         "analysisoverlay layout=side-by-side ! video/x-raw,width=129 ! fakesink"),
            "eos");
}

TEST(AnalysisOverlay, every_decides_which_frames_are_drawn_on) {
  for (const guint every : {0u, 1u, 3u}) {
    for (const char* layout : {"blend", "side-by-side"}) {
      GstElement* overlay =
          make_overlay({{"opacity", "1"}, {"max-magnitude", "10"}, {"layout", layout}});
      g_object_set(overlay, "every", every, nullptr);
      Harness harness(overlay);
      harness.set_caps(caps("RGB"));
      const bool is_beside = layout != std::string("blend");
      guint64 drawn = 0;
      for (guint i = 0; i < 7; i++) {
        const auto out = harness.push_and_pull(frame_with_flow(10, 0));
        const Pixel seen = is_beside ? pixel(out, kWidth, 0, 2 * kWidth) : pixel(out, 0, 0);
        const bool is_due = every > 0 && i % every == 0;
        EXPECT_THAT(seen, IsNear(is_due      ? kRed
                                 : is_beside ? Pixel{0, 0, 0}
                                             : kImage))
            << every << " " << layout << " " << i;
        drawn += is_due;
      }
      EXPECT_EQ(stat(overlay, "drawn"), drawn);
      EXPECT_EQ(stat(overlay, "frames"), 7u);
    }
  }
}

TEST(AnalysisOverlay, frames_that_are_not_drawn_on_pass_uncopied_even_when_others_hold_them) {
  GstElement* overlay = make_overlay();
  g_object_set(overlay, "every", 2u, nullptr);
  Harness harness(overlay);
  harness.set_caps(caps("RGB"));
  for (const auto& [frame, is_same] : {std::pair{frame_with_flow(10, 0), false},
                                       {frame_with_flow(10, 0), true},
                                       {grey_frame(), true}}) {
    EXPECT_EQ(harness.push_and_pull(frame).get() == frame.get(), is_same);
    EXPECT_THAT(bytes_of(frame.get()), Each(kGrey));
  }
}

// Counts the rows of a frame, all grey before, that changed.
guint changed_rows(const Ref<GstBuffer>& frame, guint width, guint height) {
  guint changed = 0;
  for (guint y = 0; y < height; y++) {
    bool is_changed = false;
    for (guint x = 0; x < width; x++) is_changed |= pixel(frame, x, y, width) != kImage;
    changed += is_changed;
  }
  return changed;
}

TEST(AnalysisOverlay, perf_line_writes_the_rate_on_the_foot_of_the_image) {
  constexpr guint kSide = 120;
  for (const char* on : {"false", "true"}) {
    Harness harness(make_overlay({{"perf-line", on}}));
    harness.set_caps(caps("RGB", kSide, kSide));
    harness.push_and_pull(grey_frame(kSide, kSide));
    g_usleep(600'000);  // the line is updated twice a second
    const auto out = harness.push_and_pull(grey_frame(kSide, kSide));
    const guint rows = changed_rows(out, kSide, kSide);
    EXPECT_EQ(rows > 0, on == std::string("true"));
    EXPECT_LE(rows, 30u);
    EXPECT_EQ(pixel(out, 0, 0, kSide), kImage);
    if (rows == 0) continue;
    const auto foot = pixel(out, kSide - 1, kSide - 1, kSide);
    EXPECT_THAT(foot, IsNear(Pixel{kGrey / 4, kGrey / 4, kGrey / 4}));  // dimmed
    EXPECT_THAT(bytes_of(out.get()), Contains(Gt(200)));                // letters
  }
}

TEST(AnalysisOverlay, perf_line_keeps_transparency) {
  constexpr guint kSide = 64;
  Harness harness(make_overlay({{"perf-line", "true"}}));
  harness.set_caps(caps("RGBA", kSide, kSide));
  harness.push_and_pull(grey_frame(kSide, kSide, 4));
  g_usleep(600'000);
  const auto out = bytes_of(harness.push_and_pull(grey_frame(kSide, kSide, 4)).get());
  for (gsize at = 3; at < out.size(); at += 4) ASSERT_EQ(out[at], kGrey) << at;
}

std::vector<std::string> files_in(const TempDirectory& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory.path())) {
    names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Pushes one frame at a time, because a full queue drops snapshots.
void push_frames(Harness& harness, GstElement* overlay, guint count, guint every) {
  for (guint i = 0; i < count; i++) {
    EXPECT_EQ(harness.push(frame_with_flow(10, 0)), GST_FLOW_OK);
    while (stat(overlay, "snapshots") < i / every + 1) std::this_thread::yield();
  }
}

TEST(AnalysisOverlay, writes_snapshots_named_after_frames) {
  const TempDirectory directory;
  GstElement* overlay = make_overlay({{"opacity", "1"}, {"max-magnitude", "10"}, {"every", "0"}});
  g_object_set(overlay, "snapshot-location", directory.path("sub/%03d.png").c_str(),
               "snapshot-every", 2u, nullptr);
  Harness harness(overlay);
  harness.set_caps(caps("RGB"));
  push_frames(harness, overlay, 5, 2);
  gst_element_set_state(overlay, GST_STATE_NULL);

  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory.path("sub"))) {
    names.push_back(entry.path().filename());
  }
  EXPECT_THAT(names, ::testing::UnorderedElementsAre("000.png", "002.png", "004.png"));
  const auto image = decoded(directory.path("sub/002.png"));
  ASSERT_TRUE(image);
  EXPECT_EQ(gst_buffer_get_size(image.get()), stride_of(kWidth, 3) * kHeight);
  EXPECT_THAT(pixel(image, 3, 2), IsNear(kRed)) << "drawn, whatever goes out";
  EXPECT_THAT(pixel(harness.pull(), 3, 2), IsNear(kImage)) << "every=0";
}

TEST(AnalysisOverlay, logs_what_it_draws_and_why_it_does_not) {
  const TempDirectory directory;
  GstElement* overlay = make_overlay();
  g_object_set(overlay, "snapshot-location", directory.path("%d.png").c_str(), "snapshot-every", 2u,
               nullptr);
  LogLines log("analysisoverlay", GST_LEVEL_LOG);
  {
    Harness harness(overlay);
    harness.set_caps(caps("RGB"));
    harness.push_and_pull(frame_with_flow(1, 0));
    harness.push_and_pull(grey_frame());
    harness.push_event(gst_event_new_flush_stop(TRUE));
    g_object_set(overlay, "every", 0u, nullptr);
    harness.push_event(gst_event_new_eos());
  }
  EXPECT_THAT(
      log.lines(),
      UnorderedElementsAre(
          "starts, snapshots: " + directory.path("%d.png"), StartsWith("event: stream-start event"),
          StartsWith("event: caps event"), StartsWith("caps: video/x-raw"),
          StartsWith("event: segment event"), "frame 0 of 99:99:99.999999999: drawn on",
          "frame 1 of 99:99:99.999999999: not drawn on, it carries no result that is to be drawn",
          "wrote snapshot " + directory.path("0.png"), StartsWith("event: flush-stop event"),
          StartsWith("event: eos event"),
          "stopped: 2 frames, 1 drawn; snapshots: 1 written, 0 dropped, 0 failed"));
}

TEST(AnalysisOverlay, snapshots_side_by_side_show_image_and_drawing) {
  const TempDirectory directory;
  GstElement* overlay = make_overlay({{"layout", "side-by-side"}, {"max-magnitude", "10"}});
  g_object_set(overlay, "snapshot-location", directory.path("%d.png").c_str(), nullptr);
  Harness harness(overlay);
  harness.set_caps(caps("BGRx"));
  auto frame = grey_frame(kWidth, kHeight, 4);
  attach(frame, constant_flow(kWidth, kHeight, 10, 0));
  harness.push(frame);
  gst_element_set_state(overlay, GST_STATE_NULL);
  const auto image = decoded(directory.path("0.png"));
  ASSERT_TRUE(image);
  EXPECT_THAT(pixel(image, 0, 0, 2 * kWidth), IsNear(kImage));
  EXPECT_THAT(pixel(image, kWidth, 0, 2 * kWidth), IsNear(kRed));
}

TEST(AnalysisOverlay, snapshots_can_be_jpeg) {
  const TempDirectory directory;
  GstElement* overlay = make_overlay();
  g_object_set(overlay, "snapshot-location", directory.path("%d.jpg").c_str(), nullptr);
  Harness harness(overlay);
  harness.set_caps(caps("RGB"));
  harness.push(frame_with_flow(1, 0));
  gst_element_set_state(overlay, GST_STATE_NULL);
  EXPECT_EQ(read_text(directory.path("0.jpg")).substr(0, 2), "\xff\xd8");
}

TEST(AnalysisOverlay, snapshot_max_files_removes_the_oldest_of_this_run) {
  const TempDirectory directory;
  write_text(directory.path("99.png"), "somebody else's");
  GstElement* overlay = make_overlay();
  g_object_set(overlay, "snapshot-location", directory.path("%02d.png").c_str(), "snapshot-every",
               1u, "snapshot-max-files", 2u, nullptr);
  Harness harness(overlay);
  harness.set_caps(caps("RGB"));
  push_frames(harness, overlay, 5, 1);
  gst_element_set_state(overlay, GST_STATE_NULL);
  EXPECT_THAT(files_in(directory), ElementsAre("03.png", "04.png", "99.png"));
}

// The writing thread blocks in the first snapshot until the test reads the FIFO.
TEST(AnalysisOverlay, never_waits_for_snapshots_and_counts_those_it_drops) {
  for (const guint queue : {1u, 3u}) {
    const TempDirectory directory;
    mkfifo(directory.path("0.png.part").c_str(), 0600);
    GstElement* overlay = make_overlay();
    g_object_set(overlay, "snapshot-location", directory.path("%d.png").c_str(), "snapshot-every",
                 1u, "snapshot-max-queue", queue, nullptr);
    Harness harness(overlay);
    harness.set_caps(caps("RGB"));
    for (guint i = 0; i < 20; i++) ASSERT_EQ(harness.push(frame_with_flow(1, 0)), GST_FLOW_OK);
    // The thread may dequeue the first snapshot at once, or only after the queue was full.
    const guint64 dropped = stat(overlay, "snapshots-dropped");
    EXPECT_THAT(dropped, ::testing::AnyOf(20 - queue - 1, 20 - queue));
    EXPECT_EQ(stat(overlay, "snapshots"), 0u);
    auto reader =
        std::async(std::launch::async, [&] { return read_text(directory.path("0.png.part")); });
    gst_element_set_state(overlay, GST_STATE_NULL);
    EXPECT_THAT(reader.get(), HasSubstr("PNG"));
    EXPECT_EQ(stat(overlay, "snapshots"), 20 - dropped);
  }
}

TEST(AnalysisOverlay, warns_once_when_snapshots_cannot_be_written_and_continues) {
  const TempDirectory directory;
  GstElement* overlay = make_overlay();
  g_object_set(overlay, "snapshot-location", directory.path("%d.png").c_str(), "snapshot-every", 1u,
               "snapshot-max-queue", 100u, nullptr);
  Harness harness(overlay);
  harness.set_caps(caps("RGB"));
  const FileLimit limit(10);
  for (guint i = 0; i < 5; i++) ASSERT_EQ(harness.push(frame_with_flow(1, 0)), GST_FLOW_OK);
  gst_element_set_state(overlay, GST_STATE_NULL);
  EXPECT_EQ(stat(overlay, "snapshots-failed"), 5u);
  EXPECT_THAT(harness.bus.take(GST_MESSAGE_WARNING),
              ElementsAre(::testing::StartsWith(
                  error_prefix(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT))));
  EXPECT_THAT(files_in(directory), IsEmpty());
}

std::string start_error(const std::string& snapshot_location) {
  const auto overlay = Ref<GstElement>::adopt(GST_ELEMENT(gst_object_ref_sink(make_overlay())));
  g_object_set(overlay.get(), "snapshot-location", snapshot_location.c_str(), nullptr);
  ElementBus bus(overlay.get());
  EXPECT_EQ(gst_element_set_state(overlay.get(), GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
  const auto errors = bus.take(GST_MESSAGE_ERROR);
  EXPECT_EQ(errors.size(), 1u);
  gst_element_set_state(overlay.get(), GST_STATE_NULL);
  return errors.empty() ? "" : errors[0];
}

TEST(AnalysisOverlay, refuses_an_unusable_snapshot_pattern) {
  for (const char* pattern : {"a.png", "%d-%d.png", "%s.png", "%05d.bmp", "%05d"}) {
    const std::string error = start_error(pattern);
    EXPECT_THAT(error, ::testing::StartsWith(
                           error_prefix(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS)));
    EXPECT_THAT(error, HasSubstr(pattern));
  }
}

TEST(AnalysisOverlay, does_not_start_where_snapshots_cannot_be_written) {
  const TempDirectory directory;
  write_text(directory.path("file"), "text");
  for (const std::string& place : {directory.path("file"), std::string("/proc/self")}) {
    const std::string error = start_error(place + "/%d.png");
    EXPECT_THAT(error, ::testing::StartsWith(
                           error_prefix(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE)));
    EXPECT_THAT(error, HasSubstr(place));
  }
}

// --- shots

constexpr guint kSide = 64;
constexpr Pixel kBlack{0, 0, 0}, kWhite{255, 255, 255}, kDarkRed{192, 0, 0}, kYellow{255, 192, 0};

Ref<GstBuffer> frame_with_shot(double score, bool is_cut = false, const char* source = "scenes") {
  auto frame = grey_frame(kSide, kSide);
  GstTorchShot shot{};
  shot.source = source;
  shot.score = score;
  shot.threshold = 0.5;
  shot.boundary = is_cut ? GST_TORCH_SHOT_BOUNDARY_CUT : GST_TORCH_SHOT_BOUNDARY_NONE;
  gst_buffer_add_torch_shot_meta(frame.get(), &shot);
  return frame;
}

// Pushes three frames through an overlay with these properties; returns the last one.
Ref<GstBuffer> third_drawn(const std::vector<std::pair<const char*, const char*>>& properties) {
  Harness harness(make_overlay(properties));
  harness.set_caps(caps("RGB", kSide, kSide));
  harness.push_and_pull(frame_with_shot(0));
  harness.push_and_pull(frame_with_shot(1, true));
  return harness.push_and_pull(frame_with_shot(0));
}

TEST(AnalysisOverlay, draws_a_strip_of_the_last_scores) {
  const auto out = third_drawn({});
  const auto at = [&](guint x, guint y) { return pixel(out, x, y, kSide); };
  EXPECT_EQ(at(63, 63), kWhite);  // the newest frame, without a score
  EXPECT_EQ(at(63, 62), kBlack);
  EXPECT_EQ(at(63, 59), kYellow);  // the threshold
  EXPECT_EQ(at(62, 57), kWhite);   // a cut with the full score
  EXPECT_EQ(at(61, 57), kBlack);
  EXPECT_EQ(at(60, 60), kImage);  // there was no earlier frame
}

TEST(AnalysisOverlay, marks_a_boundary_in_the_strip) {
  Harness harness(make_overlay());
  harness.set_caps(caps("RGB", kSide, kSide));
  const auto out = harness.push_and_pull(frame_with_shot(0.6, true));
  EXPECT_EQ(pixel(out, 63, 56, kSide), kDarkRed);
}

// A frame twice as wide and high as the caps; its crop meta shows the white bottom right quarter.
Ref<GstBuffer> cropped_frame() {
  auto frame = grey_frame(2 * kWidth, 2 * kHeight);
  for (guint row = kHeight; row < 2 * kHeight; row++) {
    gst_buffer_memset(frame.get(), row * stride_of(2 * kWidth, 3) + kWidth * 3, 255, kWidth * 3);
  }
  gst_buffer_add_video_meta(frame.get(), GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_RGB,
                            2 * kWidth, 2 * kHeight);
  GstVideoCropMeta* crop = gst_buffer_add_video_crop_meta(frame.get());
  crop->x = crop->width = kWidth;
  crop->y = crop->height = kHeight;
  attach(frame, constant_flow(kWidth, kHeight, 10, 0));
  return frame;
}

TEST(AnalysisOverlay, draws_over_the_part_of_a_frame_that_shows) {
  Harness harness(make_overlay({{"opacity", "1"}, {"max-magnitude", "10"}}));
  harness.set_caps(caps("RGB"));
  const auto out = harness.push_and_pull(cropped_frame());
  for (guint y = 0; y < 2 * kHeight; y++) {
    for (guint x = 0; x < 2 * kWidth; x++) {
      const bool shows = x >= kWidth && y >= kHeight;
      EXPECT_THAT(pixel(out, x, y, 2 * kWidth), IsNear(shows ? kRed : kImage)) << x << "," << y;
    }
  }
  EXPECT_NE(gst_buffer_get_video_crop_meta(out.get()), nullptr);
}

TEST(AnalysisOverlay, draws_beside_the_part_of_a_frame_that_shows) {
  Harness harness(make_overlay({{"layout", "side-by-side"}, {"max-magnitude", "10"}}));
  harness.set_caps(caps("RGB"));
  const auto out = harness.push_and_pull(cropped_frame());
  ASSERT_TRUE(out);
  for (guint y = 0; y < kHeight; y++) {
    for (guint x = 0; x < kWidth; x++) {
      EXPECT_THAT(pixel(out, x, y, 2 * kWidth), IsNear(Pixel{255, 255, 255})) << x << "," << y;
      EXPECT_THAT(pixel(out, kWidth + x, y, 2 * kWidth), IsNear(kRed)) << x << "," << y;
    }
  }
  EXPECT_EQ(gst_buffer_get_video_crop_meta(out.get()), nullptr) << "all of it shows";
}

TEST(AnalysisOverlay, a_crop_outside_the_frame_is_not_an_error) {
  for (const char* layout : {"blend", "side-by-side"}) {
    Harness harness(make_overlay({{"layout", layout}}));
    harness.set_caps(caps("RGB"));
    for (const guint start : {kWidth + 1, 2 * kWidth, G_MAXUINT}) {
      const auto frame = cropped_frame();
      gst_buffer_get_video_crop_meta(frame.get())->x = start;
      EXPECT_EQ(harness.push(frame), GST_FLOW_OK) << layout << " " << start;
    }
    EXPECT_THAT(harness.bus.take(GST_MESSAGE_ERROR), IsEmpty()) << layout;
  }
}

TEST(AnalysisOverlay, snapshots_show_the_part_of_a_frame_that_shows) {
  const TempDirectory directory;
  GstElement* overlay = make_overlay({{"flow-style", "none"}});
  g_object_set(overlay, "snapshot-location", directory.path("%d.png").c_str(), nullptr);
  Harness harness(overlay);
  harness.set_caps(caps("RGB"));
  harness.push(cropped_frame());
  gst_element_set_state(overlay, GST_STATE_NULL);
  const auto image = decoded(directory.path("0.png"));
  ASSERT_TRUE(image);
  EXPECT_EQ(gst_buffer_get_size(image.get()), stride_of(kWidth, 3) * kHeight);
  EXPECT_THAT(bytes_of(image.get()), Each(255));
}

TEST(AnalysisOverlay, draws_the_number_of_the_shot) {
  const auto out = third_drawn({});
  int white = 0;
  for (guint y = 0; y < 20; y++) {
    for (guint x = 0; x < kSide; x++) white += pixel(out, x, y, kSide) == kWhite;
  }
  EXPECT_GT(white, 10);
}

TEST(AnalysisOverlay, draw_shots_false_draws_no_shots) {
  const auto out = third_drawn({{"shots", "false"}});
  EXPECT_THAT(bytes_of(out.get()), Each(kGrey));
}

TEST(AnalysisOverlay, draws_the_shots_of_the_selected_source) {
  const auto out = third_drawn({{"source", "another"}});
  EXPECT_THAT(bytes_of(out.get()), Each(kGrey));
}

TEST(AnalysisOverlay, draws_shots_beside_the_image) {
  Harness harness(make_overlay({{"layout", "side-by-side"}}));
  harness.set_caps(caps("RGB", kSide, kSide));
  const auto out = harness.push_and_pull(frame_with_shot(1));
  EXPECT_EQ(pixel(out, 63, 57, 2 * kSide), kImage);
  EXPECT_EQ(pixel(out, 127, 57, 2 * kSide), kWhite);
}

TEST(AnalysisOverlay, forgets_the_scores_of_an_earlier_stream) {
  Harness harness(make_overlay());
  harness.set_caps(caps("RGB", kSide, kSide));
  harness.push_and_pull(frame_with_shot(1));
  harness.push_event(gst_event_new_flush_start());
  harness.push_event(gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  harness.push_event(gst_event_new_segment(&segment));
  const auto out = harness.push_and_pull(frame_with_shot(0));
  EXPECT_EQ(pixel(out, 62, 57, kSide), kImage);
}

}  // namespace
}  // namespace gsttorch
