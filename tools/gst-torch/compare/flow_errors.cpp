// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/compare/flow_errors.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace gsttorch {
namespace {

constexpr double kLeastMotionPx = 1;  // errors of small motion are judged as if it were this large

double length(const FlowVector& v) { return std::hypot(double{v.x}, double{v.y}); }
double distance(const FlowVector& a, const FlowVector& b) {
  return std::hypot(double{a.x} - b.x, double{a.y} - b.y);
}

/// One row of a flow array.
class Row {
 public:
  explicit Row(int width) : pairs_(2 * static_cast<std::size_t>(width)) {}
  void read(const FlowView& flow, int y) { flow.read_row(y, pairs_.data()); }
  FlowVector at(int x) const {
    const auto i = 2 * static_cast<std::size_t>(x);
    return {pairs_[i], pairs_[i + 1]};
  }

 private:
  std::vector<float> pairs_;
};

}  // namespace

double error_ratio(double reference_error, double other_error) {
  return other_error > reference_error ? reference_error / other_error : 1;
}

double FlowErrors::similarity() const {
  return std::max(0., 1 - epe_px / std::max(target_px, kLeastMotionPx));
}

double FlowErrors::relative_accuracy() const { return error_ratio(reference_epe_px, epe_px); }

FlowErrors flow_errors(const FlowView& other, const FlowView& reference, const FlowView* truth) {
  const FlowView& target_view = truth ? *truth : reference;
  Row others(other.width), references(other.width), targets(other.width);
  FlowErrors errors;
  for (int y = 0; y < other.height; y++) {
    others.read(other, y);
    references.read(reference, y);
    targets.read(target_view, y);
    for (int x = 0; x < other.width; x++) {
      const FlowVector a = others.at(x), b = references.at(x), target = targets.at(x);
      if (!a.is_known() || !b.is_known() || !target.is_known()) {
        errors.unknown_pixels++;
        continue;
      }
      const double error = distance(a, target);
      errors.pixels++;
      errors.epe_px += error;
      errors.reference_epe_px += distance(b, target);
      errors.target_px += length(target);
      errors.within_1px += error <= 1 ? 1 : 0;
    }
  }
  if (errors.pixels == 0) return errors;
  const auto count = static_cast<double>(errors.pixels);
  errors.epe_px /= count;
  errors.reference_epe_px /= count;
  errors.target_px /= count;
  errors.within_1px /= count;
  return errors;
}

}  // namespace gsttorch
