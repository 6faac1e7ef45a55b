// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/matching/adaptive_plan.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace gsttorch {
namespace {

// docs/design/0005-adaptive-matching.md has the measurements.
constexpr double kCoarseShare = 1. / 4;  // of the full pass's longer side
constexpr double kLargestCoarseShare = 3. / 4;
constexpr int kCoarseCells = 20;        // minimum along the longer side
constexpr double kCoarsePlaces = 150;   // matches needed to estimate a motion
constexpr double kStillShare = 5. / 8;  // of the full pass's longer side, for a still pair
constexpr double kStillPlaces = 250;
constexpr double kSufficientShare = 1. / 2;  // likewise; from here on the coarse pass suffices
constexpr std::size_t kFullMatches = 200;    // more do not make a homography more exact
constexpr double kFullPlaces = 2. * kFullMatches;  // the more confident half is kept
constexpr std::size_t kFewMatches = 12;            // minimum of agreeing matches to accept a motion
constexpr std::size_t kChanceMatches = 5;
constexpr double kAgreement = 0.02;      // of the longer side: perspective is not affine
constexpr double kTrustedShare = 0.5;    // of the matches, to exclude parts of the images
constexpr double kStillMatches = 0.9;    // of all matches
constexpr double kStillMatchPx = 1.5;    // of the coarse pass: noise of a match
constexpr double kStillCornerPx = 0.25;  // of the coarse pass: noise of the fit of all
constexpr double kCheaperShare = 0.6;    // features of parts are computed again for each pair
constexpr double kNearScale = 1.5;       // LoFTR tolerates this difference in scale
constexpr int kMarginCells = 3;          // two without matches at the border, one for the estimate
constexpr int kRegionAlign = 32;         // pixels, so that neighbouring pairs share regions
constexpr int kLeastRegion = 96, kLeastSize = 128;  // pixels

int longer_side(int width, int height) { return std::max(width, height); }

int size_inside(int width, int height, int max_size) {
  const int longer = longer_side(width, height);
  return max_size > 0 ? std::min(max_size, longer) : longer;
}

int spacing_for(double cells, double places) {
  return std::max(1, static_cast<int>(std::sqrt(std::max(0., cells) / places)));
}

double cells_of(double area, double net_per_pixel, int cell_px) {
  const double cell = cell_px / net_per_pixel;
  return area / (cell * cell);
}

struct Size {
  int width, height;
  double area() const { return static_cast<double>(width) * height; }
  ImageRegion whole() const { return {0, 0, width, height}; }
};

std::array<Point, 4> corners_of(const Size& size) {
  const double right = size.width - 1, bottom = size.height - 1;
  return {{{0, 0}, {right, 0}, {right, bottom}, {0, bottom}}};
}

// Grows one axis of a box by the margin and aligns it, inside 0..length.
void grow(double low, double high, double margin, int length, int& begin, int& size) {
  const double centre = std::clamp((low + high) / 2, 0., static_cast<double>(length));
  const double half = std::max((high - low) / 2 + margin, kLeastRegion / 2.);
  const double first = std::floor((centre - half) / kRegionAlign) * kRegionAlign;
  const double last = std::ceil((centre + half) / kRegionAlign) * kRegionAlign;
  begin = static_cast<int>(std::clamp(first, 0., static_cast<double>(length)));
  size = static_cast<int>(std::clamp(last, 0., static_cast<double>(length))) - begin;
}

// Returns the part of an image of size `here` that another image shows; `motion` maps the other
// image to this one.
ImageRegion shared_region(const AffineMotion& motion, const Size& there, const Size& here,
                          double margin) {
  double left = 1e9, right = -1e9, top = 1e9, bottom = -1e9;
  for (const Point& corner : corners_of(there)) {
    const Point p = motion(corner);
    left = std::min(left, p.x), right = std::max(right, p.x);
    top = std::min(top, p.y), bottom = std::max(bottom, p.y);
  }
  const auto inside = [](double at, int length) { return std::clamp(at, 0., length - 1.); };
  ImageRegion region;
  grow(inside(left, here.width), inside(right, here.width), margin, here.width, region.x,
       region.width);
  grow(inside(top, here.height), inside(bottom, here.height), margin, here.height, region.y,
       region.height);
  return region;
}

double share_of(const ImageRegion& region, const Size& size) {
  return region.width * static_cast<double>(region.height) / size.area();
}

class Planner {
 public:
  Planner(const AdaptiveRequest& request, std::span<const Match> coarse)
      : request_(request),
        coarse_(coarse),
        first_{request.first_width, request.first_height},
        second_{request.second_width, request.second_height} {
    plan_.first = side(first_.whole());
    plan_.second = side(second_.whole());
  }

  AdaptivePlan run() {
    const double threshold = kAgreement * longer_side(second_.width, second_.height);
    const auto found = estimate_motion(coarse_, threshold);
    const std::size_t agreeing = found ? found->inliers : 0;
    if (agreeing < kFewMatches) {
      const bool is_none = agreeing < kChanceMatches && coarse_.size() < kFewMatches;
      return is_none ? nothing_shared() : plan_;
    }
    plan_.motion = found->motion;
    if (is_still()) return still();
    if (static_cast<double>(agreeing) < kTrustedShare * static_cast<double>(coarse_.size())) {
      return plan_;
    }
    plan_.overlap = Overlap::Large;
    keep_shared_parts();
    equalise_scales();
    plan_.spacing = spacing_for(shared_cells(), kFullPlaces);
    plan_.max_matches = kFullMatches;
    return plan_;
  }

 private:
  AdaptiveSide side(const ImageRegion& region) const {
    return {region, size_inside(region.width, region.height, request_.max_size)};
  }

  AdaptivePlan nothing_shared() {
    plan_.overlap = Overlap::None;
    plan_.needs_full_pass = false;
    return plan_;
  }

  // A still pair is matched as well at a smaller size, or was matched by the coarse pass.
  AdaptivePlan still() {
    plan_.overlap = Overlap::Still;
    plan_.needs_full_pass =
        !request_.coarse_is_refined || request_.coarse_size < kSufficientShare * plan_.second.size;
    reduce(plan_.first, 1 / kStillShare);
    reduce(plan_.second, 1 / kStillShare);
    plan_.spacing = spacing_for(shared_cells(), kStillPlaces);
    return plan_;
  }

  double coarse_pixel() const {
    return static_cast<double>(longer_side(second_.width, second_.height)) /
           std::max(1, request_.coarse_size);
  }

  // Returns true if nearly all matches move by no more than noise.
  bool is_still() const {
    if (first_.width != second_.width || first_.height != second_.height) return false;
    const double noise = kStillMatchPx * coarse_pixel();
    std::vector<Match> still;
    for (const Match& m : coarse_) {
      if (std::hypot(m.x1 - m.x0, m.y1 - m.y0) <= noise) still.push_back(m);
    }
    if (static_cast<double>(still.size()) < kStillMatches * static_cast<double>(coarse_.size())) {
      return false;
    }
    const auto fit = estimate_motion(still, noise);
    if (!fit || fit->inliers < kFewMatches) return false;
    const auto corners = corners_of(first_);
    return std::all_of(corners.begin(), corners.end(), [&](const Point& corner) {
      const Point there = fit->motion(corner);
      return std::hypot(there.x - corner.x, there.y - corner.y) <= kStillCornerPx * coarse_pixel();
    });
  }

  static double net_per_pixel(const AdaptiveSide& side) {
    return static_cast<double>(side.size) / longer_side(side.region.width, side.region.height);
  }

  void keep_shared_parts() {
    const auto back = plan_.motion->inverse();
    if (!back) return;
    const auto margin = [this](const AdaptiveSide& whole) {
      return kMarginCells * request_.cell_px / net_per_pixel(whole);
    };
    const ImageRegion in_first = shared_region(*back, second_, first_, margin(plan_.first));
    const ImageRegion in_second =
        shared_region(*plan_.motion, first_, second_, margin(plan_.second));
    if ((share_of(in_first, first_) + share_of(in_second, second_)) / 2 > kCheaperShare) return;
    plan_.overlap = Overlap::Partial;
    plan_.first = side(in_first);
    plan_.second = side(in_second);
  }

  // Reduces the size inside the model of the image that shows objects larger.
  void equalise_scales() {
    const double larger =
        plan_.motion->scale() * net_per_pixel(plan_.second) / net_per_pixel(plan_.first);
    if (larger > kNearScale) reduce(plan_.second, larger);
    if (larger < 1 / kNearScale) reduce(plan_.first, 1 / larger);
  }

  static void reduce(AdaptiveSide& side, double times) {
    const int reduced = static_cast<int>(std::lround(side.size / times));
    side.size = std::min(side.size, std::max(kLeastSize, reduced));
  }

  double shared_cells() const {
    const ImageRegion& region = plan_.first.region;
    return cells_of(static_cast<double>(region.width) * region.height, net_per_pixel(plan_.first),
                    request_.cell_px);
  }

  const AdaptiveRequest& request_;
  const std::span<const Match> coarse_;
  const Size first_, second_;
  AdaptivePlan plan_;
};

}  // namespace

int coarse_size(int width, int height, int max_size, int cell_px) {
  const int full = size_inside(width, height, max_size);
  const double least = std::min<double>(kCoarseCells * cell_px, kLargestCoarseShare * full);
  const double wanted = std::max(least, kCoarseShare * full * cell_px / 8);
  return std::clamp(static_cast<int>(wanted) / 8 * 8, std::min(full, 8), full);
}

int coarse_spacing(int size, int width, int height, int cell_px) {
  const double net_per_pixel = static_cast<double>(size) / longer_side(width, height);
  return spacing_for(cells_of(static_cast<double>(width) * height, net_per_pixel, cell_px),
                     kCoarsePlaces);
}

AdaptivePlan plan_adaptive(const AdaptiveRequest& request, std::span<const Match> coarse) {
  return Planner(request, coarse).run();
}

}  // namespace gsttorch
