// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <cstddef>

#include "lib/base/format.h"
#include "tools/gst-torch/compare/array_files.h"
#include "tools/gst-torch/compare/flow_errors.h"
#include "tools/gst-torch/compare/stage_parts.h"

namespace gsttorch {
namespace {

std::string size_text(const FlowFile& flow) {
  return std::to_string(flow.width) + "x" + std::to_string(flow.height);
}

Result<void> check_size(const FlowFile& one, const std::string& one_path, const FlowFile& other,
                        const std::string& other_path) {
  if (one.width == other.width && one.height == other.height) return {};
  return Error{ErrorCode::BadShape, "the flow has different sizes: " + one_path + " is " +
                                        size_text(one) + ", " + other_path + " is " +
                                        size_text(other) + "; compute both for the same size"};
}

Result<FlowErrors> errors_of(const ComparedFrame& frame) {
  const auto reference = read_flow_array(frame.reference);
  if (!reference) return reference.error();
  const auto other = read_flow_array(frame.other);
  if (!other) return other.error();
  auto same = check_size(*reference, frame.reference, *other, frame.other);
  if (!same) return same.error();
  FlowErrors errors;
  if (frame.truth.empty()) {
    errors = flow_errors(other->view(), reference->view(), nullptr);
  } else {
    const auto truth = read_flow_array(frame.truth);
    if (!truth) return truth.error();
    same = check_size(*truth, frame.truth, *other, frame.other);
    if (!same) return same.error();
    const FlowView view = truth->view();
    errors = flow_errors(other->view(), reference->view(), &view);
  }
  if (errors.pixels > 0) return errors;
  return Error{ErrorCode::Corrupt, "no pixel of " + frame.other +
                                       " has known flow that can be compared with " +
                                       (frame.truth.empty() ? frame.reference : frame.truth)};
}

/// Each frame counts the same. Sums are divided once, so that identical results have a score of 1.
struct FlowSums {
  FlowErrors errors;
  double similarity = 0;
  std::size_t frames = 0;

  void add(const FlowErrors& frame) {
    errors.epe_px += frame.epe_px;
    errors.reference_epe_px += frame.reference_epe_px;
    errors.target_px += frame.target_px;
    errors.within_1px += frame.within_1px;
    errors.pixels += frame.pixels;
    errors.unknown_pixels += frame.unknown_pixels;
    similarity += frame.similarity();
    frames++;
  }

  double mean(double sum) const { return sum / static_cast<double>(frames); }
  FlowErrors means() const {
    FlowErrors means = errors;  // with the sums of pixels
    means.epe_px = mean(errors.epe_px);
    means.reference_epe_px = mean(errors.reference_epe_px);
    means.target_px = mean(errors.target_px);
    means.within_1px = mean(errors.within_1px);
    return means;
  }
};

std::string summary_of(const FlowErrors& errors, bool has_truth) {
  const double percent = 100 * errors.within_1px;
  return has_truth
             ? format("EPE %.3f px, REF %.3f px; %.1f %% of the pixels within 1 px of the truth",
                      errors.epe_px, errors.reference_epe_px, percent)
             : format("EPE %.3f px, motion %.3f px; %.1f %% of the pixels within 1 px",
                      errors.epe_px, errors.target_px, percent);
}

void report(const FlowErrors& errors, bool has_truth, StageComparison& stage) {
  stage.summary = summary_of(errors, has_truth);
  stage.figures["epe_px"] = errors.epe_px;
  if (has_truth) stage.figures["reference_epe_px"] = errors.reference_epe_px;
  stage.figures["motion_px"] = errors.target_px;
  stage.figures["within_1px"] = errors.within_1px;
  const double unknown = static_cast<double>(errors.unknown_pixels) /
                         static_cast<double>(errors.pixels + errors.unknown_pixels);
  stage.figures["unknown"] = unknown;
  if (errors.unknown_pixels == 0) return;
  stage.notes.push_back(format("%.2f %% of the pixels have unknown flow: left out", 100 * unknown));
}

}  // namespace

Result<StageComparison> compare_flow(const FrameFiles& reference, const FrameFiles& other,
                                     const FrameFiles* truth) {
  auto pairs = FramePairs::create("flow", reference, other, truth);
  if (!pairs) return pairs.error();
  std::vector<ComparedFrame>& frames = pairs->frames();
  FlowSums sums;
  for (ComparedFrame& frame : frames) {
    const auto errors = errors_of(frame);
    if (!errors) return errors.error();
    sums.add(*errors);
    frame.score = truth ? errors->relative_accuracy() : errors->similarity();
  }
  StageComparison stage;
  stage.name = "flow";
  stage.frames = frames.size();
  // With ground truth, a frame where the other flow happens to be better makes up for another.
  stage.score = truth ? sums.errors.relative_accuracy() : sums.mean(sums.similarity);
  report(sums.means(), truth != nullptr, stage);
  pairs->report_rest(stage);
  choose_worst(stage, std::move(frames));
  return stage;
}

}  // namespace gsttorch
