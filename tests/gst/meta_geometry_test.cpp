// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Tests that results follow the pixels when a frame is scaled, cropped, padded with borders or
// turned, and that results disappear with pixels that are cut off.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <gst/video/gstvideometa.h>

#include "lib/gst/gsttorchmatchmeta.h"
#include "tests/support/gst_support.h"
#include "tests/support/match_results.h"
#include "tests/support/matrix_transform.h"

namespace gsttorch {
namespace {

using ::testing::ElementsAre;

constexpr guint kWidth = 64, kHeight = 48;
constexpr char kCaps[] =
    "video/x-raw,format=GRAY8,width=64,height=48,framerate=25/1,pixel-aspect-ratio=1/1";
constexpr char kSource[] = "test";

bool has_matrix_transform() {
  guint major, minor, micro, nano;
  gst_version(&major, &minor, &micro, &nano);
  return major > 1 || minor >= 28;
}

GstTorchMatch describe_match(guint width, guint height, GstBuffer* rows) {
  GstTorchMatch match = {};
  match.source = kSource;
  match.width = match.reference_width = width;
  match.height = match.reference_height = height;
  match.matches = rows;
  match.count = static_cast<guint>(rows ? gst_buffer_get_size(rows) / 24 : 0);
  return match;
}

// --- compared with the pixels, through GStreamer's elements

constexpr guint kLeft = 40, kTop = 12, kSide = 8;  // a white square on black

Ref<GstBuffer> frame_with_a_square() {
  auto frame = make_buffer(kWidth * kHeight, 16);
  GST_BUFFER_PTS(frame.get()) = 0;
  GST_BUFFER_DURATION(frame.get()) = 40 * GST_MSECOND;
  for (guint y = kTop; y < kTop + kSide; y++) {
    gst_buffer_memset(frame.get(), y * kWidth + kLeft, 235, kSide);
  }
  return frame;
}

// A match, a flow and GStreamer's region of interest, all on the square, which moved by (3, 1).
Ref<GstBuffer> frame_with_results() {
  auto frame = frame_with_a_square();
  const float x = kLeft + (kSide - 1) / 2.f, y = kTop + (kSide - 1) / 2.f;
  const auto rows = make_array(std::vector<float>{x - 3, y - 1, x, y, 0.5f, 1});
  const GstTorchMatch match = describe_match(kWidth, kHeight, rows.get());
  gst_buffer_add_torch_match_meta(frame.get(), &match);
  const auto array = constant_flow(kWidth, kHeight, 3, 1);
  GstTorchFlow flow = describe_flow(kWidth, kHeight, array.get());
  flow.mean_x = 3;
  flow.mean_y = 1;
  gst_buffer_add_torch_flow_meta(frame.get(), &flow);
  gst_buffer_add_video_region_of_interest_meta(frame.get(), "square", kLeft, kTop, kSide, kSide);
  return frame;
}

struct Passage {
  const char* elements;
  bool is_always_known;  // false: only from GStreamer 1.28 on
};

std::ostream& operator<<(std::ostream& out, const Passage& passage) {
  return out << passage.elements;
}

class Geometry : public ::testing::TestWithParam<Passage> {
 protected:
  void SetUp() override {
    Harness harness(GetParam().elements);
    harness.set_caps(kCaps);
    // compositor outputs the first frame only after a second one or EOS.
    harness.push(frame_with_results());
    harness.push_event(gst_event_new_eos());
    frame_ = harness.pull();
    auto caps = Ref<GstCaps>::adopt(gst_pad_get_current_caps(harness.get()->sinkpad));
    ASSERT_TRUE(frame_ && caps);
    gst_video_info_from_caps(&info_, caps.get());
    square_ = Brightness::of(frame_.get(), caps.get());
    ASSERT_FALSE(std::isnan(square_.x)) << "the square is gone";
  }

  bool is_known() const { return GetParam().is_always_known || has_matrix_transform(); }

  Ref<GstBuffer> frame_;
  GstVideoInfo info_;
  Brightness square_;
};

TEST_P(Geometry, of_matches_is_that_of_the_pixels) {
  const OwnedMatch match = result_of(frame_);
  ASSERT_EQ(static_cast<bool>(match), is_known());
  if (!match) return;
  EXPECT_EQ(match->width, static_cast<guint>(info_.width));
  EXPECT_EQ(match->height, static_cast<guint>(info_.height));
  const std::vector<float> row = rows_of(*match);
  ASSERT_EQ(row.size(), 6u);
  EXPECT_NEAR(row[2], square_.x, 0.5);
  EXPECT_NEAR(row[3], square_.y, 0.5);
}

TEST_P(Geometry, of_flow_is_that_of_matches) {
  g_autoptr(GstTorchFlow) flow = gst_buffer_get_torch_flow(frame_.get(), nullptr);
  ASSERT_EQ(flow != nullptr, is_known());
  if (!flow) return;
  EXPECT_EQ(flow->width, static_cast<guint>(info_.width));
  EXPECT_EQ(flow->height, static_cast<guint>(info_.height));
  const OwnedMatch match = result_of(frame_);
  ASSERT_TRUE(match);
  const std::vector<float> row = rows_of(*match);
  ASSERT_EQ(row.size(), 6u);
  const std::vector<guint8> bytes = bytes_of(flow->flow);
  std::vector<float> vectors(bytes.size() / sizeof(float));
  std::memcpy(vectors.data(), bytes.data(), bytes.size());
  ASSERT_EQ(vectors.size(), std::size_t{flow->grid_width} * flow->grid_height * 2);
  const double column_px = static_cast<double>(flow->width) / flow->grid_width;
  const double row_px = static_cast<double>(flow->height) / flow->grid_height;
  const auto column = static_cast<std::size_t>((square_.x + 0.5) / column_px);
  const auto line = static_cast<std::size_t>((square_.y + 0.5) / row_px);
  const std::size_t at = 2 * (line * flow->grid_width + column);
  EXPECT_NEAR(vectors[at] * column_px, row[2] - row[0], 1e-3);
  EXPECT_NEAR(vectors[at + 1] * row_px, row[3] - row[1], 1e-3);
}

// Our metas are dropped when GStreamer's own meta is. From GStreamer 1.28 on, which fixed that
// meta, both must have the same position.
TEST_P(Geometry, is_that_of_gstreamers_own_meta) {
  GstVideoRegionOfInterestMeta* own = gst_buffer_get_video_region_of_interest_meta(frame_.get());
  const OwnedMatch match = result_of(frame_);
  if (!own) {
    EXPECT_FALSE(match);
  }
  if (!own || !has_matrix_transform()) return;
  ASSERT_TRUE(match);
  const std::vector<float> row = rows_of(*match);
  EXPECT_NEAR(row[2], own->x + (own->w - 1) / 2., 1.5);
  EXPECT_NEAR(row[3], own->y + (own->h - 1) / 2., 1.5);
}

std::string passage_name(const ::testing::TestParamInfo<Passage>& info) {
  std::string name = info.param.elements;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !g_ascii_isalnum(c); }, '_');
  return name;
}

constexpr Passage kPassages[] = {
    {"videoconvert ! capsfilter caps=video/x-raw,format=I420", true},
    {"videorate", true},
    {"videoscale ! capsfilter caps=video/x-raw,width=128,height=96", true},
    {"videoscale ! capsfilter caps=video/x-raw,width=32,height=24", true},
    {"videoscale ! capsfilter caps=video/x-raw,width=100,height=48",
     true},  // another pixel aspect ratio
    {"videoscale ! capsfilter caps=video/x-raw,width=96,height=71,pixel-aspect-ratio=1/1", true},
    {"videoscale ! capsfilter caps=video/x-raw,width=128,height=128,pixel-aspect-ratio=1/1", false},
    {"videoscale ! capsfilter caps=video/x-raw,width=160,height=48,pixel-aspect-ratio=1/1", false},
    {"videoscale add-borders=false ! capsfilter "
     "caps=video/x-raw,width=128,height=128,pixel-aspect-ratio=1/1",
     false},
    {"videocrop left=10 top=4", false},
    {"videocrop right=8 bottom=20", false},
    {"videobox left=-10 top=-6", false},
    {"videobox left=10 bottom=8", false},
    {"identity ! c.sink_0 compositor name=c background=black sink_0::xpos=9 sink_0::ypos=5 ! "
     "capsfilter caps=video/x-raw,width=80,height=60",
     false},
    {"videoflip video-direction=90r", false},
    {"videoflip video-direction=180", false},
    {"videoflip video-direction=90l", false},
    {"videoflip video-direction=horiz", false},
    {"videoflip video-direction=vert", false},
    {"videoflip video-direction=ul-lr", false},
    {"videoflip video-direction=ur-ll", false},
};

INSTANTIATE_TEST_SUITE_P(Behind, Geometry, ::testing::ValuesIn(kPassages), passage_name);

// --- transforms as GStreamer 1.28 requests them, on any version

class Turned : public ::testing::TestWithParam<const char*> {
 protected:
  static constexpr guint kColumns = 5, kRows = 3;
  MatrixRequest request_ = flip_request(GetParam(), kColumns, kRows);

  // Where GStreamer's matrix moves a pixel, or a displacement with `one` = 0.
  std::pair<double, double> moved(double x, double y, double one = 1) const {
    const auto& m = request_.transform.matrix;
    return {m[0][0] * x + m[0][1] * y + m[0][2] * one, m[1][0] * x + m[1][1] * y + m[1][2] * one};
  }
};

TEST_P(Turned, points_of_matches_go_where_the_pixels_do) {
  const auto rows =
      make_array(std::vector<float>{0, 2, 4, 1, 0.5f, 1, 1.5f, 0.25f, 2, 2, 0.75f, 0});
  const auto from = make_buffer(1), to = make_buffer(1);
  GstTorchMatch in = describe_match(kColumns, kRows, rows.get());
  in.geometry = "homography";
  in.inliers = 1;
  in.residual = 0.5;
  in.has_matrix = TRUE;
  const double shift[] = {1, 0, 4, 0, 1, -1, 0, 0, 1};  // (0, 2) to (4, 1)
  std::copy(shift, shift + 9, in.matrix);
  gst_buffer_add_torch_match_meta(from.get(), &in);
  ASSERT_TRUE(request_.apply(from.get(), to.get()));
  const OwnedMatch out = result_of(to);
  ASSERT_TRUE(out);
  EXPECT_EQ(out->width, static_cast<guint>(request_.transform.out_info->width));
  EXPECT_EQ(out->reference_height, static_cast<guint>(request_.transform.out_info->height));
  EXPECT_EQ(out->count, 2u);
  EXPECT_EQ(out->inliers, 1u);
  EXPECT_EQ(out->residual, 0.5);
  const std::vector<float> before = rows_of(in), after = rows_of(*out);
  ASSERT_EQ(after.size(), before.size());
  for (std::size_t i = 0; i < before.size(); i += 6) {
    for (std::size_t side = 0; side < 4; side += 2) {
      const auto [x, y] = moved(before[i + side], before[i + side + 1]);
      EXPECT_FLOAT_EQ(after[i + side], static_cast<float>(x));
      EXPECT_FLOAT_EQ(after[i + side + 1], static_cast<float>(y));
    }
    EXPECT_EQ(after[i + 4], before[i + 4]);
    EXPECT_EQ(after[i + 5], before[i + 5]);
  }
  const double* m = out->matrix;
  EXPECT_NEAR(m[0] * after[0] + m[1] * after[1] + m[2], after[2], 1e-6);
  EXPECT_NEAR(m[3] * after[0] + m[4] * after[1] + m[5], after[3], 1e-6);
}

TEST_P(Turned, a_fundamental_matrix_still_says_what_it_said) {
  const auto rows = make_array(std::vector<float>{0, 2, 4, 1, 0.5f, 1});
  for (const char* reference : {static_cast<const char*>(nullptr), "a.png"}) {
    const auto from = make_buffer(1), to = make_buffer(1);
    GstTorchMatch in = describe_match(kColumns, kRows, rows.get());
    in.geometry = "fundamental";
    in.reference = reference;
    in.has_matrix = TRUE;
    const double f[] = {0.1, 0.2, -0.3, 0.05, -0.4, 0.6, 0.7, -0.8, 0.9};
    std::copy(f, f + 9, in.matrix);
    gst_buffer_add_torch_match_meta(from.get(), &in);
    ASSERT_TRUE(request_.apply(from.get(), to.get()));
    const OwnedMatch out = result_of(to);
    ASSERT_TRUE(out);
    const auto product = [](const GstTorchMatch& match) {  // the epipolar product, second^T F first
      const std::vector<float> p = rows_of(match);
      const double* m = match.matrix;
      const double line[] = {m[0] * p[0] + m[1] * p[1] + m[2], m[3] * p[0] + m[4] * p[1] + m[5],
                             m[6] * p[0] + m[7] * p[1] + m[8]};
      return p[2] * line[0] + p[3] * line[1] + line[2];
    };
    EXPECT_NEAR(product(*out), product(in), 1e-5);
  }
}

TEST_P(Turned, vectors_lie_and_point_where_the_pixels_do) {
  std::vector<float> vectors, confidences;
  for (guint y = 0; y < kRows; y++) {
    for (guint x = 0; x < kColumns; x++) {
      vectors.push_back(static_cast<float>(x) + 0.25f);
      vectors.push_back(10 * static_cast<float>(y) - 0.5f);
      confidences.push_back(static_cast<float>(10 * y + x));
    }
  }
  const auto array = make_array(vectors), confidence = make_array(confidences);
  const auto from = make_buffer(1), to = make_buffer(1);
  GstTorchFlow in = describe_flow(kColumns, kRows, array.get());
  in.direction = GST_TORCH_FLOW_BOTH;
  in.backward_flow = array.get();
  in.confidence = confidence.get();
  gst_buffer_add_torch_flow_meta(from.get(), &in);
  ASSERT_TRUE(request_.apply(from.get(), to.get()));
  g_autoptr(GstTorchFlow) out = gst_buffer_get_torch_flow(to.get(), nullptr);
  ASSERT_NE(out, nullptr);
  const guint width = static_cast<guint>(request_.transform.out_info->width);
  EXPECT_EQ(out->width, width);
  EXPECT_EQ(out->grid_width, width);
  EXPECT_EQ(out->grid_width * out->grid_height, kColumns * kRows);
  EXPECT_EQ(out->mean_magnitude, 1.5);
  EXPECT_EQ(out->max_magnitude, 2.5);
  const auto [mean_x, mean_y] = moved(in.mean_x, in.mean_y, 0);
  EXPECT_EQ(out->mean_x, mean_x);
  EXPECT_EQ(out->mean_y, mean_y);
  const auto floats = [](GstBuffer* buffer) {
    const std::vector<guint8> bytes = bytes_of(buffer);
    std::vector<float> values(bytes.size() / sizeof(float));
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  };
  const std::vector<float> forward = floats(out->flow), backward = floats(out->backward_flow);
  const std::vector<float> sure = floats(out->confidence);
  ASSERT_EQ(forward.size(), vectors.size());
  ASSERT_EQ(sure.size(), confidences.size());
  EXPECT_EQ(forward, backward);
  for (guint y = 0; y < kRows; y++) {
    for (guint x = 0; x < kColumns; x++) {
      const auto [new_x, new_y] = moved(x, y);
      const std::size_t old_at = y * kColumns + x;
      const auto at = static_cast<std::size_t>(new_y * width + new_x);
      const auto [dx, dy] = moved(vectors[2 * old_at], vectors[2 * old_at + 1], 0);
      EXPECT_FLOAT_EQ(forward[2 * at], static_cast<float>(dx));
      EXPECT_FLOAT_EQ(forward[2 * at + 1], static_cast<float>(dy));
      EXPECT_EQ(sure[at], confidences[old_at]);
    }
  }
}

std::string direction_name(const ::testing::TestParamInfo<const char*>& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(By, Turned,
                         ::testing::Values("identity", "90r", "180", "90l", "horiz", "vert",
                                           "ul-lr", "ur-ll"),
                         direction_name);

// --- borders, crops and unsupported matrices

class Mapped : public ::testing::Test {
 protected:
  /// Attaches the flow (2, 0) to the left half of an 8x4 frame, (0, 0) to the right half, and one
  /// match to each half.
  void attach(bool arrays) {
    std::vector<float> vectors;
    for (int i = 0; i < 8 * 4; i++) {
      vectors.push_back(i % 8 < 4 ? 2 : 0);
      vectors.push_back(0);
    }
    const auto array = make_array(vectors);
    GstTorchFlow flow = describe_flow(8, 4, arrays ? array.get() : nullptr);
    flow.mean_magnitude = flow.mean_x = 1;
    flow.max_magnitude = 2;
    flow.mean_y = 0;
    gst_buffer_add_torch_flow_meta(from_.get(), &flow);
    const auto rows = make_array(std::vector<float>{1, 1, 3, 1, 0.25f, 1, 6, 2, 6, 2, 0.75f, 0});
    GstTorchMatch match = describe_match(8, 4, arrays ? rows.get() : nullptr);
    match.count = 2;
    match.mean_confidence = 0.5;
    match.geometry = "homography";
    match.inliers = 1;
    match.residual = 1;
    gst_buffer_add_torch_match_meta(from_.get(), &match);
  }
  GstTorchFlow* flow() {
    g_clear_pointer(&flow_, gst_torch_flow_free);
    return flow_ = gst_buffer_get_torch_flow(to_.get(), nullptr);
  }
  OwnedMatch match() const { return result_of(to_); }
  std::vector<float> vectors() const {
    const std::vector<guint8> bytes = bytes_of(flow_->flow);
    std::vector<float> values(bytes.size() / sizeof(float));
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  }
  ~Mapped() override { g_clear_pointer(&flow_, gst_torch_flow_free); }

  Ref<GstBuffer> from_ = make_buffer(1), to_ = make_buffer(1);

 private:
  GstTorchFlow* flow_ = nullptr;
};

// An 8x4 image at double size in the middle of 16x16.
MatrixRequest letterbox() {
  return MatrixRequest(8, 4, 16, 16).set_rectangles({0, 0, 8, 4}, {0, 4, 16, 8});
}

TEST_F(Mapped, borders_shift_points_and_do_not_move) {
  attach(true);
  ASSERT_TRUE(letterbox().apply(from_.get(), to_.get()));
  ASSERT_NE(flow(), nullptr);
  EXPECT_EQ(flow()->height, 16u);
  EXPECT_EQ(flow()->grid_width, 8u) << "as fine as it was";
  EXPECT_EQ(flow()->grid_height, 8u);
  const std::vector<float> all = vectors();
  EXPECT_EQ(all[2 * (1 * 8 + 1)], 0) << "border";
  EXPECT_EQ(all[2 * (2 * 8 + 1)], 2) << "the first row of the image, in pixels of the grid";
  EXPECT_EQ(all[2 * (5 * 8 + 6)], 0);
  EXPECT_EQ(all[2 * (6 * 8 + 1)], 0) << "border";
  EXPECT_EQ(flow()->mean_magnitude, 1) << "twice as long, over twice the area";
  EXPECT_EQ(flow()->mean_x, 1);
  EXPECT_EQ(flow()->max_magnitude, 4);
  ASSERT_TRUE(match());
  EXPECT_EQ(match()->count, 2u);
  EXPECT_EQ(match()->residual, 2);
  EXPECT_THAT(rows_of(*match()), ElementsAre(2.5f, 6.5f, 6.5f, 6.5f, 0.25f, 1,  //
                                             12.5f, 8.5f, 12.5f, 8.5f, 0.75f, 0));
}

TEST_F(Mapped, numbers_without_arrays_follow_where_nothing_is_cut_off) {
  attach(false);
  ASSERT_TRUE(letterbox().apply(from_.get(), to_.get()));
  ASSERT_NE(flow(), nullptr);
  EXPECT_EQ(flow()->flow, nullptr);
  EXPECT_EQ(flow()->mean_x, 1);
  EXPECT_EQ(flow()->max_magnitude, 4);
  ASSERT_TRUE(match());
  EXPECT_EQ(match()->count, 2u);
  EXPECT_EQ(match()->height, 16u);
}

TEST_F(Mapped, what_is_cut_off_counts_no_more) {
  attach(true);
  ASSERT_TRUE(MatrixRequest(8, 4, 4, 3)
                  .set_rectangles({0, 1, 4, 3}, {0, 0, 4, 3})
                  .apply(from_.get(), to_.get()));
  ASSERT_NE(flow(), nullptr);
  EXPECT_EQ(flow()->grid_width, 4u);
  EXPECT_EQ(flow()->grid_height, 3u);
  const std::vector<float> all = vectors();
  EXPECT_EQ(all[0], 2);
  EXPECT_EQ(all[all.size() - 2], 2);
  EXPECT_EQ(flow()->mean_magnitude, 2);
  EXPECT_EQ(flow()->mean_x, 2);
  ASSERT_TRUE(match());
  EXPECT_EQ(match()->count, 1u);
  EXPECT_EQ(match()->mean_confidence, 0.25);
  EXPECT_EQ(match()->inliers, 1u);
  EXPECT_THAT(rows_of(*match()), ElementsAre(1, 0, 3, 0, 0.25f, 1));
}

TEST_F(Mapped, numbers_of_a_part_are_not_made_up) {
  attach(false);
  ASSERT_TRUE(MatrixRequest(8, 4, 4, 4)
                  .set_rectangles({0, 0, 4, 4}, {0, 0, 4, 4})
                  .apply(from_.get(), to_.get()));
  EXPECT_EQ(flow(), nullptr);
  EXPECT_FALSE(match());
}

TEST_F(Mapped, frames_without_a_result_say_so_after_a_crop_too) {
  GstTorchFlow none = describe_flow(8, 4, nullptr);
  none.skipped = "first-frame";
  gst_buffer_add_torch_flow_meta(from_.get(), &none);
  GstTorchMatch no_match = describe_match(8, 4, nullptr);
  no_match.skipped = "first-frame";
  gst_buffer_add_torch_match_meta(from_.get(), &no_match);
  ASSERT_TRUE(MatrixRequest(8, 4, 4, 4)
                  .set_rectangles({0, 0, 4, 4}, {0, 0, 4, 4})
                  .apply(from_.get(), to_.get()));
  ASSERT_NE(flow(), nullptr);
  EXPECT_STREQ(flow()->skipped, "first-frame");
  EXPECT_EQ(flow()->width, 4u);
  ASSERT_TRUE(match());
  EXPECT_STREQ(match()->skipped, "first-frame");
}

TEST_F(Mapped, matrices_of_other_kinds_leave_nothing) {
  attach(true);
  const float c = std::sqrt(0.5f);
  const std::array<float, 9> others[] = {{c, -c, 0, c, c, 0, 0, 0, 1},    // 45 degrees
                                         {1, 0.5f, 0, 0, 1, 0, 0, 0, 1},  // sheared
                                         {1, 0, 0, 0, 1, 0, 0.1f, 0, 1},  // perspective
                                         {1, 0, 0, 0, 0, 0, 0, 0, 1}};    // flat
  for (const auto& matrix : others) {
    MatrixRequest request(8, 4, 8, 4);
    EXPECT_TRUE(request.set_matrix(matrix).apply(from_.get(), to_.get()))
        << "GStreamer would ask again, as if the frame were only scaled";
    EXPECT_EQ(flow(), nullptr);
    EXPECT_FALSE(match());
  }
}

TEST_F(Mapped, results_of_a_frame_of_another_size_are_left_out) {
  attach(true);
  EXPECT_TRUE(MatrixRequest(10, 4, 20, 8)
                  .set_rectangles({0, 0, 10, 4}, {0, 0, 20, 8})
                  .apply(from_.get(), to_.get()));
  EXPECT_EQ(flow(), nullptr);
  EXPECT_FALSE(match());
}

TEST_F(Mapped, what_lies_outside_the_new_frame_leaves_nothing) {
  attach(true);
  EXPECT_TRUE(MatrixRequest(8, 4, 8, 4)
                  .set_rectangles({0, 0, 8, 4}, {20, 0, 8, 4})
                  .apply(from_.get(), to_.get()));
  EXPECT_EQ(flow(), nullptr);
  EXPECT_FALSE(match());
}

TEST_F(Mapped, an_array_is_not_read_before_somebody_maps_it) {
  attach(true);
  ASSERT_TRUE(flip_request("horiz", 8, 4).apply(from_.get(), to_.get()));
  GstTorchFlow before;
  ASSERT_TRUE(
      gst_torch_flow_meta_read(gst_buffer_get_torch_flow_meta(from_.get(), nullptr), &before));
  EXPECT_EQ(GST_MINI_OBJECT_REFCOUNT_VALUE(before.flow), 2) << "by both metas";
  ASSERT_NE(flow(), nullptr);
  EXPECT_EQ(vectors()[0], 0);
  EXPECT_EQ(vectors()[2 * 7], -2);
  EXPECT_EQ(GST_MINI_OBJECT_REFCOUNT_VALUE(before.flow), 1) << "made, and let go";
}

TEST_F(Mapped, a_grid_that_is_no_size_has_no_arrays) {
  const auto array = constant_flow(8, 4, 1, 1);
  for (const guint side : {0u, (1u << 20) + 1, G_MAXUINT}) {
    const auto from = make_buffer(1);
    GstTorchFlow flow = describe_flow(8, 4, array.get());
    flow.grid_width = side;
    gst_buffer_add_torch_flow_meta(from.get(), &flow);
    to_ = make_buffer(1);
    ASSERT_TRUE(flip_request("180", 8, 4).apply(from.get(), to_.get()));
    ASSERT_NE(this->flow(), nullptr);
    EXPECT_EQ(this->flow()->flow, nullptr);
    EXPECT_EQ(this->flow()->mean_x, -1);
  }
}

TEST_F(Mapped, an_array_that_is_too_small_for_its_grid_is_not_read) {
  const auto small = make_buffer(8);
  const GstTorchFlow broken = describe_flow(8, 4, small.get());
  gst_buffer_add_torch_flow_meta(from_.get(), &broken);
  ASSERT_TRUE(flip_request("180", 8, 4).apply(from_.get(), to_.get()));
  ASSERT_NE(flow(), nullptr);
  GstMapInfo map;
  EXPECT_FALSE(gst_buffer_map(flow()->flow, &map, GST_MAP_READ));
}

}  // namespace
}  // namespace gsttorch
