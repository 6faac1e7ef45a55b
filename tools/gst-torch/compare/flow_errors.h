// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>

#include "lib/formats/flow_view.h"

namespace gsttorch {

/// How far two optical flows of one frame are from a target, which is the ground truth or, without
/// one, the reference. The numbers are means over the pixels where all of them are known.
struct FlowErrors {
  double epe_px = 0;            ///< endpoint error of the other flow
  double reference_epe_px = 0;  ///< of the reference; 0 without ground truth
  double target_px = 0;         ///< length of the target's vectors
  double within_1px = 0;        ///< share of the pixels where the other flow is right to 1 px
  std::uint64_t pixels = 0;
  std::uint64_t unknown_pixels = 0;  ///< left out

  /// 1 minus the error of the other flow relative to the motion, but to 1 px where that is less.
  double similarity() const;
  /// 1 where the other flow is as near to the ground truth as the reference or nearer.
  double relative_accuracy() const;
};

/// All views have the same size; `truth` may be null.
FlowErrors flow_errors(const FlowView& other, const FlowView& reference, const FlowView* truth);

/// The reference's error to the other's, at most 1; 1 where both are 0.
double error_ratio(double reference_error, double other_error);

}  // namespace gsttorch
