// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include "lib/vision/geometry.h"
#include "tools/gst-torch/compare/match_errors.h"
#include "tools/gst-torch/compare/stage_comparison.h"

namespace gsttorch {

/// What the comparisons of single stages share.
class FramePairs {
 public:
  /// An Error if the sets have no frame in common.
  static Result<FramePairs> create(const std::string& stage, const FrameFiles& reference,
                                   const FrameFiles& other, const FrameFiles* truth);

  std::vector<ComparedFrame>& frames() { return frames_; }
  /// What is only on one side, into notes and figures.
  void report_rest(StageComparison& stage) const;

 private:
  std::vector<ComparedFrame> frames_;
  std::size_t only_reference_ = 0;
  std::size_t only_other_ = 0;
  std::size_t without_truth_ = 0;
};

/// Sets `worst` of a stage.
void choose_worst(StageComparison& stage, std::vector<ComparedFrame> frames);

/// The homography that most matches agree with; none if there is no plausible one.
Result<std::optional<Homography>> estimate_homography(Vision& vision,
                                                      const std::vector<Match>& matches);

Result<StageComparison> compare_flow(const FrameFiles& reference, const FrameFiles& other,
                                     const FrameFiles* truth);
Result<StageComparison> compare_matches(const FrameFiles& reference, const FrameFiles& other);
StageComparison compare_shots(const BoundaryList& reference, const BoundaryList& other);

}  // namespace gsttorch
