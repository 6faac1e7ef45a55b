// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/shots/fade_tracker.h"

#include <algorithm>
#include <cmath>

namespace gsttorch {
namespace {

constexpr float kWhite = 255;
constexpr float kBlackLevel = 18;  // of the colour, with studio range shown as full range
constexpr float kWhiteLevel = 24;
constexpr float kLeastTop = 30;      // of an image next to a fade
constexpr float kLeastContrast = 6;  // of such an image if the colour is white
constexpr float kMoving = 0.01F;     // minimum relative change of a moving level
constexpr float kNoise = 0.2F;       // plus this many grey levels

}  // namespace

float FadeTracker::level(const Sample& sample) const {
  const float mean = colour_ == Colour::Black ? sample.mean : kWhite - sample.mean;
  return std::hypot(mean, sample.contrast);
}

bool FadeTracker::is_blank(const Sample& sample) const {
  return level(sample) < (colour_ == Colour::Black ? kBlackLevel : kWhiteLevel);
}

bool FadeTracker::is_image(const Sample& sample) const {
  if (level(sample) < kLeastTop) return false;
  return colour_ == Colour::Black || sample.contrast >= kLeastContrast;
}

bool FadeTracker::above(float higher, float lower) const {
  return higher > lower * (1 + kMoving) + kNoise;
}

void FadeTracker::clear() {
  history_.clear();
  is_open_ = false;
}

std::optional<std::int64_t> FadeTracker::open_since() const {
  if (!is_open_) return std::nullopt;
  return start_.position;
}

// Returns the history index of the last frame before the level fell to its present value.
std::size_t FadeTracker::fall_begin() const {
  std::size_t at = history_.size() - 1;
  while (at > 0) {
    std::size_t next = at;
    for (std::size_t back = 1; back <= std::min(kReach, at) && next == at; ++back) {
      if (above(level(history_[at - back]), level(history_[at]))) next = at - back;
    }
    if (next == at) break;
    at = next;
  }
  return at;
}

void FadeTracker::open() {
  const std::size_t top = fall_begin();
  if (top + 1 >= history_.size() || !is_image(history_[top])) return;
  is_open_ = true;
  top_ = level(history_[top]);
  start_ = history_[top + 1];
  first_blank_ = lowest_ = last_lowest_ = history_.back();
}

std::optional<FadeTracker::Fade> FadeTracker::push(const Sample& sample) {
  const bool was_blank = !history_.empty() && is_blank(history_.back());
  history_.push_back(sample);
  if (history_.size() > kHistory) history_.pop_front();
  if (is_blank(sample)) {
    if (!is_open_ && !was_blank) open();
    if (is_open_ && level(sample) < level(lowest_)) lowest_ = sample;
    if (is_open_ && level(sample) <= level(lowest_)) last_lowest_ = sample;
    last_blank_ = peak_ = sample;
    return std::nullopt;
  }
  if (!is_open_) return std::nullopt;
  if (above(level(sample), level(peak_))) {
    peak_ = sample;
    return std::nullopt;
  }
  const bool resting = sample.position - peak_.position >= static_cast<std::int64_t>(kReach);
  return resting ? close() : std::nullopt;
}

std::optional<FadeTracker::Fade> FadeTracker::close() {
  is_open_ = false;
  if (!is_image(peak_)) return std::nullopt;
  Fade fade{start_,
            lowest_,
            peak_,
            first_blank_.position - start_.position + 1,
            peak_.position - last_blank_.position,
            1 - level(lowest_) / std::min(top_, level(peak_))};
  const std::int64_t centre = (lowest_.position + last_lowest_.position) / 2;
  for (const Sample& sample : history_) {
    if (sample.position == centre) fade.middle = sample;
  }
  return fade;
}

std::optional<FadeTracker::Fade> FadeTracker::finish() {
  if (!is_open_ || history_.empty() || is_blank(history_.back())) return std::nullopt;
  return close();
}

}  // namespace gsttorch
