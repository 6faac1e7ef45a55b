// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <cmath>
#include <string>
#include <vector>

#include <opencv2/calib3d.hpp>

#include "lib/vision/geometry.h"
#include "lib/vision/homography_check.h"

namespace gsttorch {
namespace {

constexpr double kConfidence = 0.999;
constexpr int kIterations = 2000;
constexpr double kStaticPx = 0.5;  // pixels inside the model

struct Points {
  std::vector<cv::Point2d> first, second;
};

Points points_of(std::span<const Match> matches) {
  Points points;
  for (const Match& m : matches) {
    points.first.emplace_back(m.x0, m.y0);
    points.second.emplace_back(m.x1, m.y1);
  }
  return points;
}

std::size_t least_for(GeometryKind kind) { return kind == GeometryKind::Homography ? 4 : 8; }

// Threshold in pixels of the images.
double threshold_of(const GeometryOptions& options) {
  return options.threshold_px * options.model_pixel;
}

cv::Mat robust(const Points& points, const GeometryOptions& options, cv::Mat& mask) {
  // OpenCV restarts its random numbers at each call: the same matches give the same matrix.
  if (options.kind == GeometryKind::Homography) {
    return cv::findHomography(points.first, points.second, cv::USAC_MAGSAC, threshold_of(options),
                              mask, kIterations, kConfidence);
  }
  return cv::findFundamentalMat(points.first, points.second, cv::USAC_MAGSAC, threshold_of(options),
                                kConfidence, kIterations, mask);
}

cv::Mat least_squares(const Points& points, GeometryKind kind) {
  return kind == GeometryKind::Homography
             ? cv::findHomography(points.first, points.second, 0)
             : cv::findFundamentalMat(points.first, points.second, cv::FM_8POINT);
}

cv::Vec3d times(const cv::Matx33d& m, const cv::Point2d& p) { return m * cv::Vec3d(p.x, p.y, 1); }

// Pixels: distance to the point mapped by the homography, or Sampson distance to epipolar lines.
double distance(const cv::Matx33d& m, GeometryKind kind, const cv::Point2d& a,
                const cv::Point2d& b) {
  const cv::Vec3d there = times(m, a);
  if (kind == GeometryKind::Homography) {
    if (there[2] == 0) return INFINITY;
    return std::hypot(there[0] / there[2] - b.x, there[1] / there[2] - b.y);
  }
  const cv::Vec3d back = times(m.t(), b);
  const double error = b.x * there[0] + b.y * there[1] + there[2];
  const double slope =
      there[0] * there[0] + there[1] * there[1] + back[0] * back[0] + back[1] * back[1];
  return slope > 0 ? std::fabs(error) / std::sqrt(slope) : INFINITY;
}

class Estimate {
 public:
  Estimate(std::span<const Match> matches, const GeometryOptions& options)
      : matches_(matches), points_(points_of(matches)), options_(options) {
    geometry_.inliers.assign(matches.size(), 0);
  }

  Geometry run() {
    if (points_.first.size() < std::max(least_for(options_.kind), options_.least_inliers)) {
      return geometry_;
    }
    cv::Mat mask;
    const cv::Mat found = robust(points_, options_, mask);
    if (found.rows != 3 || found.cols != 3) return geometry_;
    judge(found);
    if (options_.refine && geometry_.inlier_count >= least_for(options_.kind)) refine();
    if (!is_possible()) refuse();
    return geometry_;
  }

 private:
  void judge(const cv::Matx33d& m) {
    const double threshold = threshold_of(options_);
    double squares = 0, moved = 0;
    geometry_.inlier_count = 0;
    for (std::size_t i = 0; i < points_.first.size(); i++) {
      const cv::Point2d a = points_.first[i], b = points_.second[i];
      const double error = distance(m, options_.kind, a, b);
      geometry_.inliers[i] = error <= threshold;
      if (!geometry_.inliers[i]) continue;
      geometry_.inlier_count++;
      squares += error * error;
      moved += std::hypot(b.x - a.x, b.y - a.y);
    }
    const auto count = static_cast<double>(geometry_.inlier_count);
    geometry_.residual_px = count > 0 ? std::sqrt(squares / count) : 0;
    const bool is_lost = geometry_.inlier_count < options_.least_inliers;
    const bool is_static = moved / count < kStaticPx * options_.model_pixel;
    geometry_.verdict = is_lost ? Verdict::Lost : is_static ? Verdict::Static : Verdict::Moved;
    if (is_lost) return geometry_.matrix.reset();
    geometry_.matrix.emplace();
    std::copy_n(m.val, 9, geometry_.matrix->begin());
  }

  bool is_possible() const {
    return options_.kind != GeometryKind::Homography || !geometry_.matrix ||
           is_plausible_homography(*geometry_.matrix, matches_, geometry_.inliers,
                                   options_.model_pixel);
  }

  void refuse() {
    geometry_ = {};
    geometry_.inliers.assign(matches_.size(), 0);
  }

  // Keeps the new matrix only if it is better: a fit to eight points may match none of the others.
  void refine() {
    Points inliers;
    for (std::size_t i = 0; i < points_.first.size(); i++) {
      if (!geometry_.inliers[i]) continue;
      inliers.first.push_back(points_.first[i]);
      inliers.second.push_back(points_.second[i]);
    }
    const cv::Mat found = least_squares(inliers, options_.kind);
    if (found.rows != 3 || found.cols != 3) return;
    const Geometry before = geometry_;
    judge(found);
    if (geometry_.inlier_count < before.inlier_count) geometry_ = before;
  }

  const std::span<const Match> matches_;
  const Points points_;
  const GeometryOptions options_;
  Geometry geometry_;
};

class OpenCvVision final : public Vision {
 public:
  std::string version() const override { return "OpenCV " + cv::getVersionString(); }

  Result<Geometry> estimate(std::span<const Match> matches,
                            const GeometryOptions& options) override {
    if (options.kind == GeometryKind::None || !(options.threshold_px > 0) ||
        !(options.model_pixel > 0)) {
      return Error{ErrorCode::BadArgument, "no geometry was requested"};
    }
    try {
      return Estimate(matches, options).run();
    } catch (const std::bad_alloc&) {
      return Error{ErrorCode::OutOfMemory, "geometry: out of memory"};
    } catch (const std::exception& e) {
      return Error{ErrorCode::Failed, std::string("geometry: ") + e.what()};
    }
  }
};

}  // namespace
}  // namespace gsttorch

extern "C" __attribute__((visibility("default"))) gsttorch::Vision* gsttorch_vision_2() {
  static auto& vision = *new gsttorch::OpenCvVision;  // never destroyed: threads run until exit
  return &vision;
}
