// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/core/shots/dissolve_rule.h"

#include <algorithm>
#include <cmath>

#include "lib/core/shots/content_distance.h"

namespace gsttorch {
namespace {

constexpr std::int64_t kShortest = 5;
constexpr std::int64_t kLongest = 48;
constexpr float kLeastDifference = 64;  // mean squared difference of S and E, grey levels squared
constexpr float kOtherContent = 0.45F;
constexpr float kMostBetween = 1.25F;
constexpr float kMostMotion = 0.22F;  // difference over kMargin frames beside it, over that of S, E
constexpr float kMostStep = 0.4F;
constexpr float kBegun = 0.06F;
constexpr float kLeastContrast = 6;  // of S and E: what comes from or goes to one colour is a fade
constexpr float kMoreThanNoise = 2;  // times the floor: feature distance of S and E
constexpr float kMore = 1.1F;        // difference that makes up for a longer span

float ratio_of(float allowed, float value) { return allowed / std::max(value, 1e-3F); }

}  // namespace

DissolveRule::Span DissolveRule::judge(const FrameWindow& window, std::int64_t before,
                                       std::int64_t after) const {
  const float whole = window.luma_difference(before, after);
  Span span{before, before, after, 0, whole};
  if (whole < kLeastDifference) return span;
  if (std::min(window.contrast(before), window.contrast(after)) < kLeastContrast) return span;
  const float motion = std::max(window.luma_difference(before - kMargin, before),
                                window.luma_difference(after, after + kMargin)) /
                       whole;
  float worst = 0, largest_step = 0, last = 0, drop = 0;
  span.start = before + 1;
  for (std::int64_t at = before + 1; at <= after; ++at) {
    const float share = window.luma_product(at, before, after, before) / whole;
    worst = std::max(
        worst, (window.luma_difference(at, before) + window.luma_difference(at, after)) / whole);
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
  const float ratio =
      std::min({std::pow(ratio_of(kMostBetween, worst), 4.0F), ratio_of(kMostMotion, motion),
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
  if (window.has_feature(best->end)) {
    const float distance = window.feature_distance(best->start - 1, best->end);
    other = std::min(other, distance / (kMoreThanNoise * distance_floor_));
  }
  best->score = std::min(best->score, other / (1 + other));
  if (best->score < least) best.reset();
  return best;
}

}  // namespace gsttorch
