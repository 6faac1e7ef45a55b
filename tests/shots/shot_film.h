// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <array>
#include <cmath>
#include <functional>
#include <vector>

#include "lib/shots/shot_detector.h"

namespace gsttorch::test {

using Luma = std::vector<float>;

/// A smooth image, different for each seed, shifted by `right` and `down` cells from its middle and
/// magnified `zoom` times. Values from 40 to 216.
inline Luma image(int seed, float right = 0, float down = 0, float zoom = 1) {
  Luma luma(kShotLumaSize);
  for (std::size_t i = 0; i < luma.size(); ++i) {
    const float x = (static_cast<float>(i % kShotLumaWidth) - 24 + right) / zoom;
    const float y = (static_cast<float>(i / kShotLumaWidth) - 13 + down) / zoom;
    float value = 0;
    for (int wave = 1; wave <= 5; ++wave) {
      const float angle = 1.7F * static_cast<float>(seed * wave) + static_cast<float>(wave);
      const float length = 0.12F + 0.06F * static_cast<float>((seed * 7 + wave * 5) % 9);
      value += std::sin(length * (x * std::cos(angle) + y * std::sin(angle)) + 2.3F * angle);
    }
    luma[i] = 128 + 88 * std::tanh(0.6F * value);
  }
  return luma;
}

inline Luma mix(const Luma& a, const Luma& b, float share) {
  Luma mixed(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) mixed[i] = (1 - share) * a[i] + share * b[i];
  return mixed;
}

inline Luma plain(float grey) { return Luma(kShotLumaSize, grey); }

/// Replaces a model's features of an image: a few fixed nonlinear projections, similar for similar
/// images.
inline std::vector<float> feature(const Luma& luma) {
  constexpr std::size_t kLength = 24;
  std::vector<float> out(kLength);
  for (std::size_t channel = 0; channel < kLength; ++channel) {
    float sum = 0;
    for (std::size_t i = 0; i < luma.size(); ++i) {
      const auto x = static_cast<float>(i % kShotLumaWidth);
      const auto y = static_cast<float>(i) / static_cast<float>(kShotLumaWidth);
      const float angle = 0.7F * static_cast<float>(channel);
      sum +=
          (luma[i] - 128) * std::sin(0.15F * (x * std::cos(angle) + y * std::sin(angle)) + angle);
    }
    out[channel] = std::max(0.0F, 2 + sum / 4000);
  }
  return out;
}

/// Runs the detector on a film: 25 frames per second, numbered from 0.
class Film {
 public:
  explicit Film(ShotDetector::Options options = {}) : detector_(options) {}

  void add(const Luma& luma) {
    const std::vector<float> description = feature(luma);
    ShotFrame frame{{count_, time()}, luma, description, {}};
    take(detector_.push(frame));
    ++count_;
  }
  void add(const Luma& luma, TransitionProbabilities probabilities) {
    ShotFrame frame{{count_, time()}, luma, {}, probabilities};
    take(detector_.push(frame));
    ++count_;
  }
  void still(int seed, int count) {
    for (int i = 0; i < count; ++i) add(image(seed, 0.05F * static_cast<float>(i)));
  }
  void finish() { take(detector_.finish()); }

  ShotDetector& detector() { return detector_; }
  std::uint64_t count() const { return count_; }

  std::vector<ShotDecision> decisions;
  std::vector<Boundary> boundaries;
  bool timed = true;

 private:
  std::optional<std::int64_t> time() const {
    if (!timed) return std::nullopt;
    return static_cast<std::int64_t>(count_) * 40'000'000;
  }
  void take(const std::vector<ShotDecision>& decided) {
    for (const ShotDecision& decision : decided) {
      decisions.push_back(decision);
      for (const Boundary& boundary : decision.boundaries) boundaries.push_back(boundary);
    }
  }

  ShotDetector detector_;
  std::uint64_t count_ = 0;
};

}  // namespace gsttorch::test
