// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/core/shots/shot_detector.h"

#include <algorithm>
#include <utility>

#include "lib/core/shots/content_distance.h"
#include "lib/core/shots/cut_rule.h"
#include "lib/core/shots/dissolve_rule.h"
#include "lib/core/shots/fade_tracker.h"
#include "lib/core/shots/frame_window.h"
#include "lib/core/shots/transition_run.h"

namespace gsttorch {
namespace {

constexpr std::int64_t kUsualDuration = 40'000'000;  // of a frame without a time, ns
constexpr std::int64_t kSettled = 6;     // frames without a better account of a dissolve
constexpr std::int64_t kShortFade = 16;  // a fade to the same picture is a flash up to here
constexpr float kSameContent = 0.2F;

}  // namespace

class ShotDetector::Impl {
 public:
  explicit Impl(const Options& options)
      : options_(options), cuts_({options.look_ahead, options.distance_floor}) {}

  std::vector<ShotDecision> push(const ShotFrame& frame);
  std::vector<ShotDecision> finish();
  void reset();

  Options options_;
  std::size_t pending() const { return static_cast<std::size_t>(window_.size() - next_); }

 private:
  // A gradual change with its positions in the stretch; from start on, up to before end.
  struct Gradual {
    std::int64_t start = 0, end = 0;
    ShotBoundary boundary;
  };

  ShotDecision decide(std::int64_t position);
  void look_for_gradual();
  void follow_fades();
  void follow_dissolve();
  void follow_run();
  void add_fade(const FadeTracker::Fade& fade);
  void add(const Gradual& gradual);
  void settle_dissolve();
  bool in_gradual(std::int64_t position) const;
  bool long_enough(const ShotBoundary& boundary, std::int64_t start) const;
  void note(const ShotBoundary& boundary, std::int64_t end);

  FrameWindow window_;
  CutRule cuts_;
  DissolveRule dissolves_;
  FadeTracker black_{FadeTracker::Colour::Black};
  FadeTracker white_{FadeTracker::Colour::White};
  TransitionRun run_;
  std::int64_t next_ = 0;  // the position to decide next
  std::optional<Gradual> dissolve_;
  std::int64_t dissolve_found_ = 0;
  std::vector<Gradual> known_;  // not handed out yet
  FramePlace last_end_;         // where the present shot began
  std::int64_t last_end_position_ = 0;
};

std::vector<ShotDecision> ShotDetector::Impl::push(const ShotFrame& frame) {
  window_.push(frame);
  if (window_.size() == 1) last_end_ = frame.place;
  look_for_gradual();
  std::vector<ShotDecision> decisions;
  while (pending() > options_.look_ahead) decisions.push_back(decide(next_++));
  return decisions;
}

std::vector<ShotDecision> ShotDetector::Impl::finish() {
  for (FadeTracker* tracker : {&black_, &white_}) {
    if (const auto fade = tracker->finish()) add_fade(*fade);
  }
  dissolve_found_ = window_.newest() - kSettled;
  settle_dissolve();
  std::vector<ShotDecision> decisions;
  while (pending() > 0) decisions.push_back(decide(next_++));
  reset();
  return decisions;
}

void ShotDetector::Impl::reset() {
  window_.clear();
  black_.clear();
  white_.clear();
  run_.clear();
  dissolve_.reset();
  known_.clear();
  next_ = last_end_position_ = 0;
}

void ShotDetector::Impl::look_for_gradual() {
  follow_fades();
  follow_dissolve();
  follow_run();
}

void ShotDetector::Impl::follow_fades() {
  const std::int64_t newest = window_.newest();
  const FadeTracker::Sample sample{newest, window_.place(newest), window_.mean_luma(newest),
                                   window_.contrast(newest)};
  for (FadeTracker* tracker : {&black_, &white_}) {
    if (const auto fade = tracker->push(sample)) add_fade(*fade);
  }
}

void ShotDetector::Impl::add_fade(const FadeTracker::Fade& fade) {
  if (std::max(fade.fall, fade.rise) < 3) return;
  const std::int64_t before = fade.start.position - 1;
  if (fade.end.position - before < kShortFade && window_.contains(before) &&
      content_distance(window_, before, fade.end.position) < kSameContent) {
    return;
  }
  const ShotBoundary boundary{TransitionKind::Fade, fade.start.place, fade.middle.place,
                              fade.end.place, 1.0F};
  add({fade.start.position, fade.end.position, boundary});
}

void ShotDetector::Impl::follow_dissolve() {
  const auto found = dissolves_.find(window_);
  if (found && found->score >= options_.threshold &&
      (!dissolve_ || found->score > dissolve_->boundary.confidence)) {
    const ShotBoundary boundary{TransitionKind::Dissolve, window_.place(found->start),
                                window_.place(found->middle), window_.place(found->end),
                                found->score};
    dissolve_ = Gradual{found->start, found->end, boundary};
    dissolve_found_ = window_.newest();
  }
  settle_dissolve();
}

void ShotDetector::Impl::settle_dissolve() {
  if (!dissolve_ || window_.newest() - dissolve_found_ < kSettled) return;
  add(*dissolve_);
  dissolve_.reset();
}

void ShotDetector::Impl::follow_run() {
  const std::int64_t newest = window_.newest();
  const auto& probabilities = window_.probabilities(newest);
  if (!probabilities) return;
  const auto run = run_.push(newest, window_.place(newest), *probabilities);
  if (!run || run->peak < options_.threshold) return;
  const ShotBoundary boundary{TransitionKind::Dissolve, run->start, run->middle, run->end,
                              run->peak};
  add({run->start_position, run->end_position, boundary});
}

// Of two that overlap the fade stays, else the one that came first.
void ShotDetector::Impl::add(const Gradual& gradual) {
  if (gradual.start <= last_end_position_ && last_end_position_ > 0) return;
  for (Gradual& other : known_) {
    if (gradual.start >= other.end || other.start >= gradual.end) continue;
    if (gradual.boundary.kind == TransitionKind::Fade) other = gradual;
    return;
  }
  known_.push_back(gradual);
}

bool ShotDetector::Impl::in_gradual(std::int64_t position) const {
  if (last_end_position_ > 0 && position <= last_end_position_) return true;
  for (const FadeTracker* tracker : {&black_, &white_}) {
    const auto since = tracker->open_since();
    if (since && position > *since + 2) return true;
  }
  return std::any_of(known_.begin(), known_.end(), [&](const Gradual& gradual) {
    return position >= gradual.start - 1 && position <= gradual.end + 1;
  });
}

bool ShotDetector::Impl::long_enough(const ShotBoundary& boundary, std::int64_t start) const {
  const std::int64_t least = options_.min_shot_duration;
  if (boundary.start.pts && last_end_.pts) return *boundary.start.pts - *last_end_.pts >= least;
  return (start - last_end_position_) * kUsualDuration >= least;
}

void ShotDetector::Impl::note(const ShotBoundary& boundary, std::int64_t end) {
  last_end_ = boundary.end;
  last_end_position_ = end;
}

ShotDecision ShotDetector::Impl::decide(std::int64_t position) {
  const CutRule::Evidence evidence = cuts_.judge(window_, position);
  ShotDecision decision{
      window_.place(position), evidence.score, evidence.distance, window_.mean_luma(position), {}};
  for (auto gradual = known_.begin(); gradual != known_.end();) {
    if (gradual->end > position) {
      ++gradual;
      continue;
    }
    if (gradual->start >= last_end_position_ && long_enough(gradual->boundary, gradual->start)) {
      decision.boundaries.push_back(gradual->boundary);
      note(gradual->boundary, gradual->end);
    }
    gradual = known_.erase(gradual);
  }
  if (evidence.score < options_.threshold || in_gradual(position)) return decision;
  const FramePlace& here = decision.place;
  const ShotBoundary cut{TransitionKind::Cut, here, here, here, evidence.score};
  if (!long_enough(cut, position)) return decision;
  decision.boundaries.push_back(cut);
  note(cut, position);
  return decision;
}

ShotDetector::ShotDetector(const Options& options) : impl_(std::make_unique<Impl>(options)) {}
ShotDetector::~ShotDetector() = default;
ShotDetector::ShotDetector(ShotDetector&&) noexcept = default;
ShotDetector& ShotDetector::operator=(ShotDetector&&) noexcept = default;

std::vector<ShotDecision> ShotDetector::push(const ShotFrame& frame) { return impl_->push(frame); }
std::vector<ShotDecision> ShotDetector::finish() { return impl_->finish(); }
void ShotDetector::reset() { impl_->reset(); }
unsigned ShotDetector::look_ahead() const { return impl_->options_.look_ahead; }
std::size_t ShotDetector::pending() const { return impl_->pending(); }
void ShotDetector::set_threshold(float threshold) { impl_->options_.threshold = threshold; }
void ShotDetector::set_min_shot_duration(std::int64_t duration) {
  impl_->options_.min_shot_duration = duration;
}

}  // namespace gsttorch
