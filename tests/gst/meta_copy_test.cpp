// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Tests which results are copied from buffer to buffer: all of them between raw frames, and all but
// the arrays to an encoded frame.
#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "lib/gst/gsttorchmatchmeta.h"
#include "tests/support/gst_support.h"
#include "tests/support/match_results.h"

namespace gsttorch {
namespace {

constexpr guint kWidth = 64, kHeight = 48;
constexpr gsize kBytes = kWidth * kHeight * 3 / 2;
constexpr char kCaps[] =
    "video/x-raw,format=I420,width=64,height=48,framerate=25/1,pixel-aspect-ratio=1/1";

// Noise, which no encoder makes smaller.
Ref<GstBuffer> noise(gsize bytes) {
  std::mt19937 random(1);
  std::vector<guint8> values(bytes);
  for (guint8& value : values) value = static_cast<guint8>(random());
  auto frame = make_array(values);
  GST_BUFFER_PTS(frame.get()) = 0;
  GST_BUFFER_DURATION(frame.get()) = 40 * GST_MSECOND;
  return frame;
}

struct Arrays {
  Ref<GstBuffer> flow = constant_flow(kWidth, kHeight, 1, 2);
  Ref<GstBuffer> confidence = make_buffer(kWidth * kHeight * 4);
  Ref<GstBuffer> matches = make_array(std::vector<float>{1, 2, 3, 4, 0.5f, 1});
};

void attach(GstBuffer* frame, const Arrays& arrays) {
  GstTorchFlow flow = describe_flow(kWidth, kHeight, arrays.flow.get());
  flow.direction = GST_TORCH_FLOW_BOTH;
  flow.backward_flow = arrays.flow.get();
  flow.confidence = arrays.confidence.get();
  gst_buffer_add_torch_flow_meta(frame, &flow);
  GstTorchMatch match{};
  match.source = "match";
  match.width = match.reference_width = kWidth;
  match.height = match.reference_height = kHeight;
  match.count = 1;
  match.mean_confidence = 0.5;
  match.matches = arrays.matches.get();
  gst_buffer_add_torch_match_meta(frame, &match);
}

// Expects both results, with all their arrays or with none.
void expect_results(GstBuffer* frame, bool with_arrays) {
  GstTorchFlow flow;
  GstCustomMeta* flow_meta = gst_buffer_get_torch_flow_meta(frame, nullptr);
  ASSERT_TRUE(flow_meta && gst_torch_flow_meta_read(flow_meta, &flow));
  EXPECT_EQ(flow.flow != nullptr, with_arrays);
  EXPECT_EQ(flow.backward_flow != nullptr, with_arrays);
  EXPECT_EQ(flow.confidence != nullptr, with_arrays);
  EXPECT_EQ(flow.mean_magnitude, 1.5);
  EXPECT_EQ(flow.mean_x, 1);
  EXPECT_EQ(flow.grid_width, kWidth);
  EXPECT_STREQ(flow.model, "raft-small");
  GstTorchMatch match;
  GstCustomMeta* match_meta = gst_buffer_get_torch_match_meta(frame, nullptr);
  ASSERT_TRUE(match_meta && gst_torch_match_meta_read(match_meta, &match));
  EXPECT_EQ(match.matches != nullptr, with_arrays);
  EXPECT_EQ(match.count, 1u);
  EXPECT_EQ(match.mean_confidence, 0.5);
}

bool is_installed(const std::string& elements) {
  std::string factory = elements;
  if (const auto last = elements.rfind("! "); last != std::string::npos) {
    factory = elements.substr(last + 2);
  }
  factory = factory.substr(0, factory.find(' '));
  return static_cast<bool>(
      Ref<GstElementFactory>::adopt(gst_element_factory_find(factory.c_str())));
}

Ref<GstBuffer> through(const std::string& elements, const Arrays& arrays) {
  Harness harness(elements);
  harness.set_caps(kCaps);
  auto frame = noise(kBytes);
  attach(frame.get(), arrays);
  if (harness.push(std::move(frame)) != GST_FLOW_OK) return {};
  harness.push_event(gst_event_new_eos());
  return harness.pull();
}

std::string elements_name(const ::testing::TestParamInfo<const char*>& info) {
  std::string name = info.param;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !g_ascii_isalnum(c); }, '_');
  return name;
}

class RawFrames : public ::testing::TestWithParam<const char*> {};

TEST_P(RawFrames, keep_the_arrays) {
  const Arrays arrays;
  const auto frame = through(GetParam(), arrays);
  ASSERT_TRUE(frame);
  expect_results(frame.get(), true);
}

INSTANTIATE_TEST_SUITE_P(
    Of, RawFrames,
    ::testing::Values("identity", "queue", "videoconvert ! capsfilter caps=video/x-raw,format=RGB",
                      "videoconvert ! capsfilter caps=video/x-raw,format=NV12 ! queue",
                      "videoconvert ! capsfilter caps=video/x-raw,format=GRAY8",
                      "videoconvert ! capsfilter caps=video/x-raw,format=v210",
                      "videoscale ! capsfilter caps=video/x-raw,width=64,height=48",
                      "videorate ! capsfilter caps=video/x-raw,framerate=50/1",
                      "videobalance brightness=0.1", "tee name=t ! queue"),
    elements_name);

class EncodedFrames : public ::testing::TestWithParam<const char*> {};

TEST_P(EncodedFrames, keep_the_numbers_alone) {
  if (!is_installed(GetParam())) GTEST_SKIP() << "not installed: " << GetParam();
  const Arrays arrays;
  const auto frame = through(GetParam(), arrays);
  ASSERT_TRUE(frame);
  expect_results(frame.get(), false);
  // This function keeps the encoded frame as a queue would.
  for (const Ref<GstBuffer>* array : {&arrays.flow, &arrays.confidence, &arrays.matches}) {
    EXPECT_EQ(GST_MINI_OBJECT_REFCOUNT_VALUE(array->get()), 1) << "nobody holds it any more";
  }
}

INSTANTIATE_TEST_SUITE_P(
    Of, EncodedFrames,
    ::testing::Values("jpegenc", "jpegenc quality=100",
                      "videoconvert ! capsfilter caps=video/x-raw,format=RGB ! pngenc",
                      "x264enc tune=zerolatency", "x264enc tune=zerolatency quantizer=0",
                      "vp8enc deadline=1", "avenc_mpeg4"),
    elements_name);

TEST(DecodedFrames, still_have_the_numbers) {
  const Arrays arrays;
  const auto frame = through("jpegenc ! jpegdec", arrays);
  ASSERT_TRUE(frame);
  expect_results(frame.get(), false);
}

TEST(Copies, of_a_buffer_keep_the_arrays) {
  const Arrays arrays;
  // With 3 bytes more than its caps require too: elements may allocate padding.
  for (const gsize bytes : {kBytes, kBytes + 3}) {
    const auto frame = noise(bytes);
    attach(frame.get(), arrays);
    const auto copy = Ref<GstBuffer>::adopt(gst_buffer_copy(frame.get()));
    expect_results(copy.get(), true);
    const auto deep = Ref<GstBuffer>::adopt(gst_buffer_copy_deep(frame.get()));
    expect_results(deep.get(), true);
  }
}

TEST(Copies, to_a_frame_with_strides_of_its_own_keep_the_arrays) {
  const Arrays arrays;
  const auto frame = noise(kBytes);
  attach(frame.get(), arrays);
  const auto padded = make_buffer(kBytes + 4096);
  gst_buffer_add_video_meta(padded.get(), GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_I420, kWidth,
                            kHeight);
  gst_buffer_copy_into(padded.get(), frame.get(), GST_BUFFER_COPY_METADATA, 0, -1);
  expect_results(padded.get(), true);
}

TEST(Copies, to_what_is_not_known_to_be_a_frame_keep_the_numbers_alone) {
  const Arrays arrays;
  const auto frame = noise(kBytes);
  attach(frame.get(), arrays);
  // Once empty, and once larger than the frame and thus encoded.
  for (const gsize bytes : {gsize{0}, gsize{5 * kWidth * kHeight + 1}}) {
    const auto other = Ref<GstBuffer>::adopt(gst_buffer_new());
    if (bytes > 0) gst_buffer_append(other.get(), make_buffer(bytes).release());
    gst_buffer_copy_into(other.get(), frame.get(), GST_BUFFER_COPY_METADATA, 0, -1);
    expect_results(other.get(), false);
  }
}

int errors_logged = 0;

void count_errors(GstDebugCategory*, GstDebugLevel level, const gchar*, const gchar*, gint,
                  GObject*, GstDebugMessage*, gpointer) {
  if (level == GST_LEVEL_ERROR) errors_logged++;
}

// GStreamer logs an error for each meta that fails to be copied.
TEST(Copies, of_a_part_of_a_buffer_have_no_result_and_log_no_error) {
  const Arrays arrays;
  const auto frame = noise(kBytes);
  attach(frame.get(), arrays);
  const GstDebugLevel before = gst_debug_get_default_threshold();
  gst_debug_set_default_threshold(GST_LEVEL_ERROR);
  gst_debug_add_log_function(count_errors, nullptr, nullptr);
  errors_logged = 0;
  const auto part =
      Ref<GstBuffer>::adopt(gst_buffer_copy_region(frame.get(), GST_BUFFER_COPY_ALL, 3, 5));
  gst_debug_remove_log_function(count_errors);
  gst_debug_set_default_threshold(before);
  EXPECT_EQ(errors_logged, 0);
  EXPECT_EQ(gst_buffer_get_torch_flow_meta(part.get(), nullptr), nullptr);
  EXPECT_EQ(gst_buffer_get_torch_match_meta(part.get(), nullptr), nullptr);
}

TEST(Tags, say_what_gstreamers_own_meta_of_places_in_the_image_says) {
  const GType own = gst_video_region_of_interest_meta_api_get_type();
  for (const GstMetaInfo* info :
       {gst_torch_flow_meta_get_info(), gst_torch_match_meta_get_info()}) {
    const gchar* const* tags = gst_meta_api_type_get_tags(info->api);
    ASSERT_NE(tags, nullptr);
    EXPECT_EQ(g_strv_length(const_cast<gchar**>(tags)),
              g_strv_length(const_cast<gchar**>(gst_meta_api_type_get_tags(own))));
    for (; *tags; tags++) {
      EXPECT_TRUE(gst_meta_api_type_has_tag(own, g_quark_from_string(*tags))) << *tags;
    }
  }
}

}  // namespace
}  // namespace gsttorch
