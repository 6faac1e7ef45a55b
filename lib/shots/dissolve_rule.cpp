// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/shots/dissolve_rule.h"

#include <algorithm>
#include <cmath>

#include "lib/shots/content_distance.h"

namespace gsttorch {
namespace {

constexpr std::int64_t kShortest = 5;
constexpr std::int64_t kLongest = 48;
constexpr float kLeastDifference = 64;  // mean squared difference of S and E, grey levels squared
constexpr float kOtherContent = 0.5F;
constexpr float kMostKept = 0.15F;  // share of the image that is the same in S and E
constexpr float kMostBetween = 1.25F;
constexpr float kMostMotion = 0.22F;   // over kMargin frames next to it, relative to S and E
constexpr float kMostMisfit = 0.095F;  // of frames between S and E, see misfit()
constexpr float kMostTravelled =
    1.6F;  // sum of the steps' differences: 1 for a wipe, 1/n for a dissolve
constexpr float kMostStep = 0.4F;
constexpr float kBegun = 0.06F;
constexpr float kLeastContrast = 6;  // of S and E: a change from or to one colour is a fade
constexpr float kMoreThanNoise = 2;  // feature distance of S and E as a multiple of the floor
constexpr float kMore = 1.1F;        // ratio of differences that justifies a longer span

float ratio_of(float allowed, float value) { return allowed / std::max(value, 1e-3F); }

}  // namespace

// Residual of the frame at `at` for the better of two models: a mixture of S and E (dissolve), or
// each cell from one of them (wipe). As a share of the difference of S and E.
float DissolveRule::misfit(const FrameWindow& window, std::int64_t before, std::int64_t after,
                           std::int64_t at) {
  const auto s = window.luma(before), e = window.luma(after), m = window.luma(at);
  const float whole = window.luma_difference(before, after);
  const float share = window.luma_product(at, before, after, before) / whole;
  const float to_e = window.mean_luma(after) - window.mean_luma(before);
  const float to_m = window.mean_luma(at) - window.mean_luma(before);
  float mixed = 0, chosen = 0;
  for (std::size_t i = 0; i < kShotLumaSize; ++i) {
    const float step = e[i] - s[i] + to_e;
    const float from_s = m[i] - s[i] + to_m;
    const float from_line = from_s - share * step;
    mixed += from_line * from_line;
    chosen += std::min(from_s * from_s, (step - from_s) * (step - from_s));
  }
  return std::min(mixed, chosen) / (static_cast<float>(kShotLumaSize) * whole);
}

float DissolveRule::worst_misfit(const FrameWindow& window, std::int64_t before,
                                 std::int64_t after) {
  float worst = 0;
  for (std::int64_t quarter = 1; quarter <= 3; ++quarter) {
    const std::int64_t at = before + ((after - before) * quarter + 2) / 4;
    worst = std::max(worst, misfit(window, before, after, at));
  }
  return worst;
}

DissolveRule::Span DissolveRule::judge(const FrameWindow& window, std::int64_t before,
                                       std::int64_t after) const {
  const float whole = window.luma_difference(before, after);
  Span span{before, before, after, 0, whole};
  if (whole < kLeastDifference) return span;
  if (std::min(window.contrast(before), window.contrast(after)) < kLeastContrast) return span;
  const float motion = std::max(window.luma_difference(before - kMargin, before),
                                window.luma_difference(after, after + kMargin)) /
                       whole;
  float travelled = 0, worst = 0, largest_step = 0, last = 0, drop = 0;
  span.start = before + 1;
  for (std::int64_t at = before + 1; at <= after; ++at) {
    const float share = window.luma_product(at, before, after, before) / whole;
    worst = std::max(
        worst, (window.luma_difference(at, before) + window.luma_difference(at, after)) / whole);
    travelled += window.luma_difference(at - 1, at) / whole;
    largest_step = std::max(largest_step, share - last);
    drop = std::max(drop, last - share);
    if (share < kBegun) span.start = at + 1;
    if (share < 0.5F) span.middle = at + 1;
    last = share;
  }
  for (std::int64_t at = after; at > before; --at) {
    const float share = window.luma_product(at, before, after, before) / whole;
    if (share < 1 - kBegun) break;
    span.end = at;
  }
  if (span.end - span.start + 1 < kShortest - 1) return span;
  const float ratio = std::min({std::pow(ratio_of(kMostBetween, worst), 4.0F),
                                ratio_of(kMostMotion, motion), ratio_of(kMostTravelled, travelled),
                                ratio_of(kMostStep, largest_step), ratio_of(0.1F, drop)});
  span.score = ratio / (1 + ratio);
  return span;
}

std::optional<DissolveRule::Span> DissolveRule::find(const FrameWindow& window, float least) const {
  const std::int64_t after = window.newest() - kMargin;
  std::optional<Span> best;
  for (std::int64_t length = kShortest; length <= kLongest; ++length) {
    const std::int64_t before = after - length;
    if (!window.contains(before - kMargin)) break;
    const Span span = judge(window, before, after);
    if (span.score < least) continue;
    if (!best || span.difference > kMore * best->difference) best = span;
  }
  if (!best) return best;
  float other = content_distance(window, best->start - 1, best->end) / kOtherContent;
  other = std::min(other, ratio_of(kMostMisfit, worst_misfit(window, best->start - 1, best->end)));
  // The span may leave out the first and last frames of a wipe, so compare those beside it.
  const float kept = kept_share(window, best->start - 1 - kMargin, best->end + kMargin);
  other = std::min(other, ratio_of(kMostKept, kept));
  if (window.has_feature(best->end)) {
    const float distance = window.feature_distance(best->start - 1, best->end);
    other = std::min(other, distance / (kMoreThanNoise * distance_floor_));
  }
  best->score = std::min(best->score, other / (1 + other));
  if (best->score < least) best.reset();
  return best;
}

}  // namespace gsttorch
