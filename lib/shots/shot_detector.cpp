// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/shots/shot_detector.h"

#include <memory>
#include <vector>

#include "lib/shots/cut_rule.h"
#include "lib/shots/frame_window.h"
#include "lib/shots/gradual_finder.h"

namespace gsttorch {
namespace {

constexpr std::int64_t kUsualDuration = 40'000'000;  // of a frame without a timestamp, ns

}  // namespace

class ShotDetector::Impl {
 public:
  explicit Impl(const Options& options)
      : options_(options),
        cuts_({options.look_ahead, options.distance_floor}),
        gradual_({options.threshold, options.distance_floor}) {}

  std::vector<ShotDecision> push(const ShotFrame& frame);
  std::vector<ShotDecision> decide_until(std::uint64_t number);
  std::vector<ShotDecision> finish();
  void reset();
  void set_threshold(float threshold);
  std::size_t pending() const { return static_cast<std::size_t>(window_.size() - next_); }

  Options options_;

 private:
  ShotDecision decide(std::int64_t position);
  void add(ShotDecision& decision, const Boundary& boundary, std::int64_t start, std::int64_t end);
  bool long_enough(const Boundary& boundary) const;

  FrameWindow window_;
  CutRule cuts_;
  GradualFinder gradual_;
  std::int64_t next_ = 0;        // the position to decide next
  FramePlace last_middle_;       // of the last boundary; before that, the sequence's first frame
  std::int64_t shot_begin_ = 0;  // first position without traces of the previous shot
};

std::vector<ShotDecision> ShotDetector::Impl::push(const ShotFrame& frame) {
  window_.push(frame);
  if (window_.size() == 1) last_middle_ = frame.place;
  gradual_.push(window_);
  std::vector<ShotDecision> decisions;
  while (pending() > options_.look_ahead) decisions.push_back(decide(next_++));
  return decisions;
}

std::vector<ShotDecision> ShotDetector::Impl::decide_until(std::uint64_t number) {
  std::vector<ShotDecision> decisions;
  while (pending() > 0 && window_.place(next_).number <= number) {
    decisions.push_back(decide(next_++));
  }
  return decisions;
}

std::vector<ShotDecision> ShotDetector::Impl::finish() {
  gradual_.finish(window_);
  std::vector<ShotDecision> decisions;
  while (pending() > 0) decisions.push_back(decide(next_++));
  reset();
  return decisions;
}

void ShotDetector::Impl::reset() {
  window_.clear();
  gradual_.clear();
  next_ = shot_begin_ = 0;
}

void ShotDetector::Impl::set_threshold(float threshold) {
  options_.threshold = threshold;
  gradual_.set_threshold(threshold);
}

bool ShotDetector::Impl::long_enough(const Boundary& boundary) const {
  const std::int64_t least = options_.min_shot_duration;
  if (boundary.middle.pts && last_middle_.pts) {
    return *boundary.middle.pts - *last_middle_.pts >= least;
  }
  const auto frames = static_cast<std::int64_t>(boundary.middle.number - last_middle_.number);
  return frames * kUsualDuration >= least;
}

void ShotDetector::Impl::add(ShotDecision& decision, const Boundary& boundary, std::int64_t start,
                             std::int64_t end) {
  if (start < shot_begin_ || !long_enough(boundary)) return;
  decision.boundaries.push_back(boundary);
  last_middle_ = boundary.middle;
  shot_begin_ = end;
}

ShotDecision ShotDetector::Impl::decide(std::int64_t position) {
  const CutRule::Evidence evidence = cuts_.judge(window_, position);
  ShotDecision decision{
      window_.place(position), evidence.score, evidence.distance, window_.mean_luma(position), {}};
  const bool is_cut =
      evidence.score >= options_.threshold && !gradual_.covers(position, shot_begin_);
  for (const GradualFinder::Change& change : gradual_.take(position)) {
    add(decision, change.boundary, change.start, change.end);
  }
  if (!is_cut) return decision;
  const FramePlace& here = decision.place;
  add(decision, {TransitionKind::Cut, here, here, here, evidence.score}, position, position);
  return decision;
}

ShotDetector::ShotDetector(const Options& options) : impl_(std::make_unique<Impl>(options)) {}
ShotDetector::~ShotDetector() = default;
ShotDetector::ShotDetector(ShotDetector&&) noexcept = default;
ShotDetector& ShotDetector::operator=(ShotDetector&&) noexcept = default;

std::vector<ShotDecision> ShotDetector::push(const ShotFrame& frame) { return impl_->push(frame); }
std::vector<ShotDecision> ShotDetector::decide_until(std::uint64_t number) {
  return impl_->decide_until(number);
}
std::vector<ShotDecision> ShotDetector::finish() { return impl_->finish(); }
void ShotDetector::reset() { impl_->reset(); }
unsigned ShotDetector::look_ahead() const { return impl_->options_.look_ahead; }
std::size_t ShotDetector::pending() const { return impl_->pending(); }
void ShotDetector::set_threshold(float threshold) { impl_->set_threshold(threshold); }
void ShotDetector::set_min_shot_duration(std::int64_t duration) {
  impl_->options_.min_shot_duration = duration;
}

}  // namespace gsttorch
