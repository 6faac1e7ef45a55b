// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>

#include "lib/base/format.h"
#include "tools/gst-torch/compare/array_files.h"
#include "tools/gst-torch/compare/stage_parts.h"

namespace gsttorch {
namespace {

/// Of one frame.
struct MatchErrors {
  double f1 = 0;
  // Only if the reference has a homography.
  bool has_homography = false;
  double precision = 0;
  double reference_precision = 0;
  double corner_error_px = INFINITY;  // infinite: the other matches have no homography

  double relative_precision() const {
    return precision < reference_precision ? precision / reference_precision : 1;
  }
  double score() const {
    return has_homography ? std::min(relative_precision(), corner_score(corner_error_px)) : f1;
  }
};

std::vector<Match> matches_that_agree(const std::vector<Match>& matches,
                                      const Homography& homography) {
  std::vector<Match> agreeing;
  std::copy_if(matches.begin(), matches.end(), std::back_inserter(agreeing),
               [&](const Match& match) { return agrees(match, homography); });
  return agreeing;
}

// Corners are those of the part of the image where the reference determines its homography: beyond
// it, a small difference becomes any error.
Result<MatchErrors> errors_of(Vision& vision, const ComparedFrame& frame) {
  const auto reference = read_match_array(frame.reference);
  if (!reference) return reference.error();
  const auto other = read_match_array(frame.other);
  if (!other) return other.error();
  MatchErrors errors;
  errors.f1 = match_f1(*other, *reference);
  const auto right = estimate_homography(vision, *reference);
  if (!right) return right.error();
  const std::vector<Match> plane =
      *right ? matches_that_agree(*reference, **right) : std::vector<Match>();
  if (plane.empty()) return errors;
  const auto judged = estimate_homography(vision, *other);
  if (!judged) return judged.error();
  errors.has_homography = true;
  errors.precision = precision(*other, **right);
  errors.reference_precision = precision(*reference, **right);
  if (*judged) errors.corner_error_px = corner_error_px(**right, **judged, plane);
  return errors;
}

/// Sums over the frames.
struct MatchSums {
  std::size_t frames = 0, with_homography = 0, lost = 0;
  double f1 = 0, precision = 0, reference_precision = 0, relative_precision = 0;
  double corner_error_px = 0, corner_score = 0;

  void add(const MatchErrors& errors) {
    frames++;
    f1 += errors.f1;
    if (!errors.has_homography) return;
    with_homography++;
    precision += errors.precision;
    reference_precision += errors.reference_precision;
    relative_precision += errors.relative_precision();
    corner_score += gsttorch::corner_score(errors.corner_error_px);
    std::isfinite(errors.corner_error_px) ? corner_error_px += errors.corner_error_px : lost++;
  }

  double mean_f1() const { return f1 / static_cast<double>(frames); }
  double of_homographies(double sum) const { return sum / static_cast<double>(with_homography); }
};

void report_homographies(const MatchSums& sums, StageComparison& stage) {
  const double precision = sums.of_homographies(sums.precision);
  const double reference = sums.of_homographies(sums.reference_precision);
  const std::size_t found = sums.with_homography - sums.lost;
  const double corner = found > 0 ? sums.corner_error_px / static_cast<double>(found) : INFINITY;
  stage.summary = format("precision %.3f, REF %.3f; corner error %.2f px; F1 %.3f", precision,
                         reference, corner, sums.mean_f1());
  stage.figures["precision"] = precision;
  stage.figures["reference_precision"] = reference;
  stage.figures["relative_precision"] = sums.of_homographies(sums.relative_precision);
  stage.figures["corner_error_px"] = corner;  // null if there is none
  stage.figures["corner_score"] = sums.of_homographies(sums.corner_score);
  if (sums.lost == 0) return;
  stage.notes.push_back(std::to_string(sums.lost) + " of " + std::to_string(sums.with_homography) +
                        " frames have no homography in OTHER: their corner score is 0");
}

void judge(const MatchSums& sums, StageComparison& stage) {
  const std::size_t without = sums.frames - sums.with_homography;
  stage.figures["f1"] = sums.mean_f1();
  stage.figures["without_homography"] = without;
  if (sums.with_homography == 0) {
    stage.frames = sums.frames;
    stage.score = sums.mean_f1();
    stage.summary = format("F1 %.3f", sums.mean_f1());
    stage.notes.emplace_back("no frame has a homography in REF: judged by F1");
    return;
  }
  stage.frames = sums.with_homography;
  stage.score = std::min(sums.of_homographies(sums.relative_precision),
                         sums.of_homographies(sums.corner_score));
  report_homographies(sums, stage);
  if (without == 0) return;
  stage.notes.push_back(std::to_string(without) + (without == 1 ? " frame" : " frames") +
                        " without a homography in REF: left out, except of F1");
}

}  // namespace

Result<std::optional<Homography>> estimate_homography(Vision& vision,
                                                      const std::vector<Match>& matches) {
  GeometryOptions options;
  options.refine = true;  // the least squares fit depends less on which points were drawn
  auto geometry = vision.estimate(matches, options);
  if (!geometry) return geometry.error();
  return geometry->matrix;
}

Result<StageComparison> compare_matches(const FrameFiles& reference, const FrameFiles& other) {
  auto pairs = FramePairs::create("matches", reference, other, nullptr);
  if (!pairs) return pairs.error();
  const auto vision = load_vision();
  if (!vision) return vision.error();
  MatchSums sums;
  std::vector<ComparedFrame> judged, others;
  for (ComparedFrame& frame : pairs->frames()) {
    const auto errors = errors_of(**vision, frame);
    if (!errors) return errors.error();
    sums.add(*errors);
    frame.score = errors->score();
    (errors->has_homography ? judged : others).push_back(frame);
  }
  StageComparison stage;
  stage.name = "matches";
  judge(sums, stage);
  pairs->report_rest(stage);
  choose_worst(stage, std::move(judged.empty() ? others : judged));
  return stage;
}

}  // namespace gsttorch
