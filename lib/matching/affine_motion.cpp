// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/matching/affine_motion.h"

#include <cmath>
#include <random>
#include <vector>

namespace gsttorch {
namespace {

constexpr int kProposals = 200;
constexpr int kRefinements = 3;

using Matrix3 = std::array<std::array<double, 3>, 3>;
using Vector3 = std::array<double, 3>;

double determinant(const Matrix3& m) {
  return m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) -
         m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
         m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
}

// Solves m x = v by Cramer's rule; the caller guarantees that m is invertible.
Vector3 solve(const Matrix3& m, const Vector3& v) {
  const double whole = determinant(m);
  Vector3 x;
  for (int column = 0; column < 3; column++) {
    Matrix3 replaced = m;
    for (int row = 0; row < 3; row++) replaced[row][column] = v[row];
    x[column] = determinant(replaced) / whole;
  }
  return x;
}

// Sums of a least squares fit, with coordinates relative to one of the matches.
class Fit {
 public:
  explicit Fit(const Match& near) : near_(near) {}

  void add(const Match& match) {
    const Vector3 p = {double{match.x0} - near_.x0, double{match.y0} - near_.y0, 1};
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 3; j++) normal_[i][j] += p[i] * p[j];
      x_[i] += p[i] * (double{match.x1} - near_.x1);
      y_[i] += p[i] * (double{match.y1} - near_.y1);
    }
  }

  std::optional<AffineMotion> motion() const {
    // The determinant is a product of two variances (pixels squared each) and a count.
    if (!(determinant(normal_) > 1)) return std::nullopt;
    const Vector3 x = solve(normal_, x_), y = solve(normal_, y_);
    return AffineMotion{x[0], x[1], x[2] + near_.x1 - x[0] * near_.x0 - x[1] * near_.y0,
                        y[0], y[1], y[2] + near_.y1 - y[0] * near_.x0 - y[1] * near_.y0};
  }

 private:
  const Match near_;
  Matrix3 normal_{};
  Vector3 x_{}, y_{};
};

bool agrees(const AffineMotion& motion, const Match& match, double threshold_px) {
  const Point there = motion({match.x0, match.y0});
  return std::hypot(there.x - match.x1, there.y - match.y1) <= threshold_px;
}

std::size_t count(const AffineMotion& motion, std::span<const Match> matches, double threshold_px) {
  std::size_t inliers = 0;
  for (const Match& match : matches) inliers += agrees(motion, match, threshold_px);
  return inliers;
}

}  // namespace

double AffineMotion::scale() const { return std::sqrt(std::fabs(determinant())); }

std::optional<AffineMotion> AffineMotion::inverse() const {
  const double whole = determinant();
  if (!(std::fabs(whole) > 1e-9)) return std::nullopt;
  AffineMotion back{e / whole, -b / whole, 0, -d / whole, a / whole, 0};
  const Point origin = back({c, f});
  back.c = -origin.x;
  back.f = -origin.y;
  return back;
}

std::optional<MotionEstimate> estimate_motion(std::span<const Match> matches, double threshold_px) {
  if (matches.size() < 3) return std::nullopt;
  std::minstd_rand random(1);
  std::optional<MotionEstimate> best;
  const auto consider = [&](const std::optional<AffineMotion>& motion) {
    if (!motion) return false;
    const std::size_t inliers = count(*motion, matches, threshold_px);
    if (best && inliers < best->inliers) return false;
    best = {*motion, inliers};
    return true;
  };
  for (int i = 0; i < kProposals; i++) {
    Fit three(matches[random() % matches.size()]);
    for (int j = 0; j < 3; j++) three.add(matches[random() % matches.size()]);
    consider(three.motion());
  }
  for (int i = 0; best && i < kRefinements; i++) {
    Fit all(matches.front());
    for (const Match& match : matches) {
      if (agrees(best->motion, match, threshold_px)) all.add(match);
    }
    if (!consider(all.motion())) break;
  }
  return best;
}

}  // namespace gsttorch
