// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Tests the coarse student of Coarse_LoFTR_TRT on real images under known homographies.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/gst/gsttorchmatchmeta.h"
#include "tests/support/gst_support.h"
#include "tests/support/image_file.h"
#include "tests/support/match_results.h"
#include "tests/support/paths.h"
#include "tests/support/temp_directory.h"

namespace gsttorch {
namespace {

constexpr int kViews = 10;  // per image

struct Point {
  double x = 0, y = 0;
};

using Matrix = std::array<double, 9>;

Point apply(const Matrix& h, const Point& p) {
  const double w = h[6] * p.x + h[7] * p.y + h[8];
  return {(h[0] * p.x + h[1] * p.y + h[2]) / w, (h[3] * p.x + h[4] * p.y + h[5]) / w};
}

/// The homography that maps four points to four others, by elimination of eight equations.
Matrix homography(const std::array<Point, 4>& from, const std::array<Point, 4>& to) {
  std::array<std::array<double, 9>, 8> rows{};
  for (std::size_t i = 0; i < 4; i++) {
    const auto [x, y] = from[i];
    const auto [u, v] = to[i];
    rows[2 * i] = {x, y, 1, 0, 0, 0, -u * x, -u * y, u};
    rows[2 * i + 1] = {0, 0, 0, x, y, 1, -v * x, -v * y, v};
  }
  for (std::size_t k = 0; k < 8; k++) {
    const auto pivot = std::max_element(
        rows.begin() + k, rows.end(),
        [k](const auto& a, const auto& b) { return std::abs(a[k]) < std::abs(b[k]); });
    std::swap(rows[k], *pivot);
    for (std::size_t r = 0; r < 8; r++) {
      if (r == k) continue;
      const double factor = rows[r][k] / rows[k][k];
      for (std::size_t c = k; c < 9; c++) rows[r][c] -= factor * rows[k][c];
    }
  }
  Matrix h{};
  for (std::size_t k = 0; k < 8; k++) h[k] = rows[k][8] / rows[k][k];
  h[8] = 1;
  return h;
}

class GreyImage {
 public:
  explicit GreyImage(const std::string& path) {
    const auto sample = decoded_sample(path, "GRAY8");
    GstVideoInfo info;
    if (!sample || !gst_video_info_from_caps(&info, gst_sample_get_caps(sample.get()))) return;
    width_ = GST_VIDEO_INFO_WIDTH(&info);
    height_ = GST_VIDEO_INFO_HEIGHT(&info);
    stride_ = GST_VIDEO_INFO_PLANE_STRIDE(&info, 0);
    pixels_ = bytes_of(gst_sample_get_buffer(sample.get()));
  }

  bool is_there() const { return width_ > 0; }
  std::string caps() const {
    return "video/x-raw,format=GRAY8,framerate=25/1,width=" + std::to_string(width_) +
           ",height=" + std::to_string(height_);
  }
  std::array<Point, 4> corners() const {
    return {Point{0, 0}, {width_ - 1., 0}, {width_ - 1., height_ - 1.}, {0, height_ - 1.}};
  }
  /// Its corners, each moved by up to 12 % of width and height.
  std::array<Point, 4> moved_corners(std::mt19937& random) const {
    auto moved = corners();
    const auto share = [&random] { return 0.24 * (random() / 4294967296.) - 0.12; };
    for (Point& corner : moved) {
      corner.x += share() * width_;
      corner.y += share() * height_;
    }
    return moved;
  }

  /// Samples the image at `to_image` of each pixel; black outside the image.
  Ref<GstBuffer> seen_through(const Matrix& to_image) const {
    std::vector<guint8> view(static_cast<std::size_t>(stride_ * height_));
    for (int y = 0; y < height_; y++) {
      for (int x = 0; x < width_; x++) {
        view[static_cast<std::size_t>(y * stride_ + x)] =
            at(apply(to_image, {static_cast<double>(x), static_cast<double>(y)}));
      }
    }
    return make_array(view);
  }

 private:
  guint8 at(const Point& p) const {
    const int x = static_cast<int>(std::floor(p.x)), y = static_cast<int>(std::floor(p.y));
    if (x < 0 || y < 0 || x + 1 >= width_ || y + 1 >= height_) return 0;
    const double fx = p.x - x, fy = p.y - y;
    const guint8* q = pixels_.data() + y * stride_ + x;
    const double top = q[0] * (1 - fx) + q[1] * fx;
    const double bottom = q[stride_] * (1 - fx) + q[stride_ + 1] * fx;
    return static_cast<guint8>(std::lround(top * (1 - fy) + bottom * fy));
  }

  int width_ = 0, height_ = 0, stride_ = 0;
  std::vector<guint8> pixels_;
};

/// Distances of a frame's matches from where the homography maps their first points, pixels.
std::vector<double> errors_of(GstBuffer* frame, const Matrix& to_view) {
  const OwnedMatch match(gst_buffer_get_torch_match(frame, nullptr));
  const std::vector<float> rows = rows_of(*match);
  std::vector<double> errors;
  for (std::size_t i = 0; i + 5 < rows.size(); i += 6) {
    const Point where = apply(to_view, {rows[i], rows[i + 1]});
    errors.push_back(std::hypot(rows[i + 2] - where.x, rows[i + 3] - where.y));
  }
  return errors;
}

/// Writes a frame of the fetched video to a file; if the video is missing, returns its path.
std::string film_still(const TempDirectory& directory) {
  const char* build = std::getenv("GST_TORCH_BUILD_ROOT");
  const std::string film = std::string(build ? build : "build") + "/deps/videos/bikes.mp4";
  if (!std::filesystem::exists(film)) return film;
  const auto sample = decoded_sample(film, "RGB", 100);
  const auto png = Ref<GstCaps>::adopt(gst_caps_new_empty_simple("image/png"));
  const auto encoded = Ref<GstSample>::adopt(
      gst_video_convert_sample(sample.get(), png.get(), 60 * GST_SECOND, nullptr));
  const auto bytes = bytes_of(gst_sample_get_buffer(encoded.get()));
  const std::string path = directory.path("still.png");
  write_text(path, std::string(bytes.begin(), bytes.end()));
  return path;
}

class MatchStudent : public ::testing::TestWithParam<const char*> {};

TEST_P(MatchStudent, finds_points_of_real_images_under_random_homographies) {
  const std::string weights = shared_data("weights/LoFTR_teacher.pt");
  SKIP_WITHOUT(weights);
  const TempDirectory directory;
  const std::string name = GetParam();
  const std::string path =
      name == "bikes" ? film_still(directory) : shared_data("flow/" + name + "/frame10.png");
  SKIP_WITHOUT(path);
  const GreyImage image(path);
  ASSERT_TRUE(image.is_there());
  GstElement* element = gst_element_factory_make("loftrmatch", nullptr);
  g_object_set(element, "model", weights.c_str(), "reference-location", path.c_str(), "threshold",
               0.2, nullptr);
  gst_util_set_object_arg(G_OBJECT(element), "mode", "reference");
  Harness harness(element);
  harness.set_caps(image.caps());
  std::mt19937 random(8);
  std::vector<double> errors;
  for (int i = 0; i < kViews; i++) {
    const auto corners = image.moved_corners(random);
    const auto frame =
        harness.push_and_pull(image.seen_through(homography(corners, image.corners())));
    ASSERT_TRUE(frame);
    const auto found = errors_of(frame.get(), homography(image.corners(), corners));
    EXPECT_GT(found.size(), 20u) << "view " << i;
    errors.insert(errors.end(), found.begin(), found.end());
  }
  const auto within = [&errors](double px) {
    return std::count_if(errors.begin(), errors.end(), [px](double e) { return e <= px; });
  };
  const auto all = static_cast<std::ptrdiff_t>(errors.size());
  std::cout << name << ": " << all << " matches, " << within(16) << " within 16 px, "
            << 100. * static_cast<double>(within(8)) / static_cast<double>(all)
            << " % within 8 px\n";
  EXPECT_EQ(within(16), all);
  EXPECT_GE(10 * within(8), 7 * all);
}

INSTANTIATE_TEST_SUITE_P(RealImages, MatchStudent,
                         ::testing::Values("RubberWhale", "Grove2", "Urban2", "Venus", "bikes"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace gsttorch
