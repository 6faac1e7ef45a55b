// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/shots/cut_rule.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "lib/shots/content_distance.h"

namespace gsttorch {
namespace {

constexpr std::int64_t kPast = 16;    // earlier frames whose steps define the usual step
constexpr float kOutlier = 3.0F;      // ratio of a cut's step to the usual step
constexpr float kLumaOutlier = 8.0F;  // the same for the mean squared change of luma
constexpr float kLumaNoise = 4.0F;    // of a still film too, grey levels squared
constexpr float kMostLift = 9.0F;     // clear luma change raises a model's weak output
constexpr float kSharpness = 10.0F;   // ratio of a sharp peak of a probability to those beside it
constexpr float kQuiet = 0.01F;       // added to them
constexpr float kIsolation = 1.5F;    // ratio of a cut's step to those of adjacent frames
constexpr std::int64_t kBeside =
    2;  // frames on each side; TransNetV2's peak must be the highest among them
constexpr float kOtherContent = 0.25F;   // content distance across a cut
constexpr float kMostKept = 0.15F;       // share of the image that is the same across a cut
constexpr std::int64_t kLongestCut = 3;  // maximum number of frames that TransNetV2 marks at a cut
constexpr float kMarked = 0.5F;
constexpr float kWholeDifference = 4096;  // of luma, squared grey levels: two dissimilar images
constexpr float kMostRatio = 1e3F;

float ratio_of(float value, float needed) {
  return needed > 0 ? std::min(kMostRatio, value / needed) : kMostRatio;
}

// 1 to 3 for evidence that is above what is usual.
float lift(float ratio) { return std::sqrt(std::clamp(ratio, 1.0F, kMostLift)); }

float median(std::vector<float>& values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

std::int64_t CutRule::last(const FrameWindow& window, std::int64_t position) const {
  return std::min(window.newest(), position + static_cast<std::int64_t>(options_.look_ahead));
}

float CutRule::step(const FrameWindow& window, std::int64_t position) const {
  if (!window.contains(position - 1)) return 0;
  if (const auto& before = window.probabilities(position - 1)) return before->last_frame;
  if (window.has_feature(position)) return window.feature_distance(position - 1, position);
  return std::min(1.0F, window.luma_difference(position - 1, position) / kWholeDifference);
}

// How far the luma change stands out from the usual one.
float CutRule::luma_ratio(const FrameWindow& window, std::int64_t position) const {
  std::vector<float> usual;
  const std::int64_t first = std::max(window.oldest() + 1, position - kPast);
  for (std::int64_t other = first; other <= last(window, position); ++other) {
    if (other != position) usual.push_back(window.luma_difference(other - 1, other));
  }
  return ratio_of(window.luma_difference(position - 1, position),
                  kLumaOutlier * (kLumaNoise + median(usual)));
}

// One frame next to a cut may change as much: a mixture of both shots, or a flash between them.
float CutRule::isolation_ratio(const FrameWindow& window, std::int64_t position) const {
  const float here = step(window, position);
  const float before = window.contains(position - 2) ? step(window, position - 1) : 0;
  const float after = position < window.newest() ? step(window, position + 1) : 0;
  if (before >= here || after > here) return 0;
  float beside = std::min(before, after);
  if (window.contains(position - 3)) beside = std::max(beside, step(window, position - 2));
  if (position + 1 < window.newest()) beside = std::max(beside, step(window, position + 2));
  return ratio_of(here, kIsolation * beside);
}

float CutRule::outlier_ratio(const FrameWindow& window, std::int64_t position) const {
  const float here = step(window, position);
  std::vector<float> usual;
  const std::int64_t first = std::max(window.oldest() + 1, position - kPast);
  for (std::int64_t other = first; other <= last(window, position); ++other) {
    if (other != position) usual.push_back(step(window, other));
  }
  const float lift = std::sqrt(std::clamp(luma_ratio(window, position), 1 / kMostLift, kMostLift));
  return std::min({lift * ratio_of(here, options_.distance_floor),
                   ratio_of(here, kOutlier * median(usual)), isolation_ratio(window, position)});
}

// In dark or pale films, TransNetV2 marks a cut with a low probability, but in a single frame. Its
// odds are raised by a luma that changes clearly, and by a sharp peak.
float CutRule::probability_ratio(const FrameWindow& window, std::int64_t position) const {
  const float here = step(window, position);
  float beside = 0;
  for (std::int64_t other = position - kBeside; other <= position + kBeside; ++other) {
    if (other == position || other > window.newest() + 1) continue;
    beside = std::max(beside, step(window, other));
  }
  if (beside > here) return 0;
  std::int64_t marked = 0;
  for (std::int64_t at = position - 1; window.contains(at); --at, ++marked) {
    if (window.probabilities(at)->any_frame < kMarked) break;
  }
  for (std::int64_t at = position; at <= last(window, position); ++at, ++marked) {
    if (window.probabilities(at)->any_frame < kMarked) break;
  }
  if (marked > kLongestCut) return 0;
  return lift(luma_ratio(window, position)) * lift(here / (kSharpness * beside + kQuiet)) *
         ratio_of(here, 1 - here);
}

// After a cut, content stays different from that before it; after a flash, it returns.
float CutRule::persistence_ratio(const FrameWindow& window, std::int64_t position) const {
  float least = content_distance(window, position - 1, position);
  for (std::int64_t later = position + 1; later <= last(window, position); ++later) {
    least = std::min(least, content_distance(window, position - 1, later));
  }
  const auto reach = static_cast<std::int64_t>(options_.look_ahead);
  const std::int64_t first = std::max(window.oldest(), position - 1 - reach);
  for (std::int64_t earlier = first; earlier < position - 1; ++earlier) {
    least = std::min(least, content_distance(window, earlier, position));
  }
  return ratio_of(least, kOtherContent);
}

// A subject that moves into the view hides most of it, but not all.
float CutRule::replacement_ratio(const FrameWindow& window, std::int64_t position) {
  return ratio_of(kMostKept, kept_share(window, position - 1, position));
}

CutRule::Evidence CutRule::judge(const FrameWindow& window, std::int64_t position) const {
  Evidence evidence;
  if (!window.contains(position - 1)) return evidence;
  evidence.distance = step(window, position);
  float ratio = window.probabilities(position - 1) ? probability_ratio(window, position)
                                                   : outlier_ratio(window, position);
  // The most expensive tests, so run them only if they can matter; a score well below a cut is
  // final.
  if (ratio > 0.25F) {
    ratio =
        std::min({ratio, persistence_ratio(window, position), replacement_ratio(window, position)});
  }
  evidence.score = ratio / (1 + ratio);
  return evidence;
}

}  // namespace gsttorch
