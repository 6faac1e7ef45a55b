// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/shots/gradual_finder.h"

#include <algorithm>

#include "lib/shots/content_distance.h"

namespace gsttorch {
namespace {

constexpr int kRunRank = 0;
constexpr int kDissolveRank = 1;
constexpr int kFadeRank = 2;
constexpr std::int64_t kSettled = 6;     // frames without a larger dissolve before one is final
constexpr std::int64_t kLeastFade = 3;   // minimum frames of its fall or its rise
constexpr std::int64_t kShortFade = 16;  // up to here, a fade to the same image is a flash
constexpr std::int64_t kSharp = 2;       // frames of a change that could also be a cut
constexpr float kSameContent = 0.2F;
constexpr float kSupport = 0.1F;      // TransNetV2's mean many-hot probability over a dissolve
constexpr float kUnsupported = 1.4F;  // score ratio for changes the model misses (wipes)

bool overlap(const GradualFinder::Change& a, const GradualFinder::Change& b) {
  return a.start < b.end && b.start < a.end;
}

// Returns true if the model marks any change there, or if the model gives no probabilities.
bool is_supported(const FrameWindow& window, std::int64_t start, std::int64_t end) {
  if (!window.probabilities(start)) return true;
  float sum = 0;
  for (std::int64_t at = start; at < end; ++at) sum += window.probabilities(at)->any_frame;
  return sum >= kSupport * static_cast<float>(end - start);
}

}  // namespace

GradualFinder::GradualFinder(const Options& options)
    : options_(options), dissolves_(options.distance_floor) {}

void GradualFinder::push(const FrameWindow& window) {
  follow_fades(window);
  follow_dissolve(window);
  follow_run(window);
}

void GradualFinder::finish(const FrameWindow& window) {
  for (FadeTracker* tracker : {&black_, &white_}) {
    if (const auto fade = tracker->finish()) add_fade(window, *fade);
  }
  if (dissolve_) add(*dissolve_);
  dissolve_.reset();
}

void GradualFinder::clear() { *this = GradualFinder(options_); }

void GradualFinder::follow_fades(const FrameWindow& window) {
  const std::int64_t newest = window.newest();
  const FadeTracker::Sample sample{newest, window.place(newest), window.mean_luma(newest),
                                   window.contrast(newest)};
  for (FadeTracker* tracker : {&black_, &white_}) {
    if (const auto fade = tracker->push(sample)) add_fade(window, *fade);
  }
}

void GradualFinder::add_fade(const FrameWindow& window, const FadeTracker::Fade& fade) {
  if (std::max(fade.fall, fade.rise) < kLeastFade || fade.depth < options_.threshold) return;
  const std::int64_t before = fade.start.position - 1;
  const bool is_short = fade.end.position - before < kShortFade && window.contains(before);
  if (is_short && content_distance(window, before, fade.end.position) < kSameContent) return;
  const Boundary boundary{TransitionKind::Fade, fade.start.place, fade.middle.place, fade.end.place,
                          fade.depth};
  add({fade.start.position, fade.end.position, boundary, kFadeRank});
}

void GradualFinder::follow_dissolve(const FrameWindow& window) {
  const auto found = dissolves_.find(window, options_.threshold);
  const bool is_new = found && (!dissolve_ || found->difference > dissolve_difference_);
  if (is_new && is_clear(window, *found)) {
    const Boundary boundary{TransitionKind::Dissolve, window.place(found->start),
                            window.place(found->middle), window.place(found->end), found->score};
    dissolve_ = Change{found->start, found->end, boundary, kDissolveRank};
    dissolve_difference_ = found->difference;
    dissolve_found_ = window.newest();
  }
  if (!dissolve_ || window.newest() - dissolve_found_ < kSettled) return;
  add(*dissolve_);
  dissolve_.reset();
}

void GradualFinder::follow_run(const FrameWindow& window) {
  const std::int64_t newest = window.newest();
  const auto& probabilities = window.probabilities(newest);
  if (!probabilities) return;
  const auto run = run_.push(newest, window.place(newest), *probabilities);
  if (!run || run->peak < options_.threshold) return;
  const std::int64_t before = run->start_position - 1;
  if (window.contains(before) && content_distance(window, before, newest) < kSameContent) return;
  const Boundary boundary{TransitionKind::Dissolve, run->start, run->middle, run->end, run->peak};
  add({run->start_position, run->end_position, boundary, kRunRank});
}

bool GradualFinder::is_clear(const FrameWindow& window, const DissolveRule::Span& span) const {
  if (is_supported(window, span.start, span.end)) return true;
  const auto ratio = [](float score) { return score / (1 - score); };
  return ratio(span.score) >= kUnsupported * ratio(options_.threshold);
}

bool GradualFinder::in_open_fade(const Change& change) const {
  for (const FadeTracker* tracker : {&black_, &white_}) {
    const auto since = tracker->open_since();
    if (since && change.end > *since) return true;
  }
  return false;
}

void GradualFinder::add(const Change& change) {
  if (change.rank < kFadeRank && in_open_fade(change)) return;
  for (const Change& other : known_) {
    if (overlap(change, other) && other.rank >= change.rank) return;
  }
  std::erase_if(known_, [&](const Change& other) { return overlap(change, other); });
  known_.push_back(change);
}

std::vector<GradualFinder::Change> GradualFinder::take(std::int64_t position) {
  std::vector<Change> taken;
  const auto is_over = [&](const Change& change) { return change.end <= position; };
  std::copy_if(known_.begin(), known_.end(), std::back_inserter(taken), is_over);
  std::erase_if(known_, is_over);
  std::sort(taken.begin(), taken.end(),
            [](const Change& a, const Change& b) { return a.end < b.end; });
  return taken;
}

bool GradualFinder::covers(std::int64_t position, std::int64_t since) const {
  for (const FadeTracker* tracker : {&black_, &white_}) {
    const auto open = tracker->open_since();
    if (open && position > *open + kSharp) return true;
  }
  const auto has_it = [&](const Change& change) {
    return change.start >= since && position >= change.start - 1 && position <= change.end + 1;
  };
  return (dissolve_ && has_it(*dissolve_)) || std::any_of(known_.begin(), known_.end(), has_it);
}

}  // namespace gsttorch
