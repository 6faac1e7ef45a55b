// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lib/shots/shot_frame.h"

namespace gsttorch {

/// Stores the last frames of a sequence and the similarity of every two of them. Frames are
/// addressed by their position in the sequence, 0 for its first. Thread-bound.
class FrameWindow {
 public:
  static constexpr std::size_t kCapacity = 100;

  void push(const ShotFrame& frame);
  void clear();

  std::int64_t size() const { return count_; }        ///< frames pushed since clear()
  std::int64_t oldest() const;                        ///< position of the oldest stored frame
  std::int64_t newest() const { return count_ - 1; }  ///< -1 if there are no frames
  bool contains(std::int64_t position) const;

  const FramePlace& place(std::int64_t position) const { return at(position).place; }
  float mean_luma(std::int64_t position) const { return at(position).mean; }
  /// Standard deviation of the luma image.
  float contrast(std::int64_t position) const { return at(position).deviation; }
  bool has_feature(std::int64_t position) const { return at(position).has_feature; }
  const std::optional<TransitionProbabilities>& probabilities(std::int64_t position) const {
    return at(position).probabilities;
  }
  /// The luma image minus its mean.
  std::span<const float> luma(std::int64_t position) const;

  /// 1 - cosine of the features; 0 if either frame has no feature.
  float feature_distance(std::int64_t a, std::int64_t b) const;
  /// Mean over the image of (luma a - luma b) * (luma c - luma d).
  float luma_product(std::int64_t a, std::int64_t b, std::int64_t c, std::int64_t d) const;
  /// Mean squared difference of the luma images.
  float luma_difference(std::int64_t a, std::int64_t b) const { return luma_product(a, b, a, b); }

 private:
  struct Entry {
    FramePlace place;
    float mean = 0;
    float deviation = 0;
    bool has_feature = false;
    std::optional<TransitionProbabilities> probabilities;
  };

  static std::size_t slot(std::int64_t position) { return position % kCapacity; }
  const Entry& at(std::int64_t position) const { return entries_[slot(position)]; }
  void keep_luma(std::size_t slot, std::span<const float> luma);
  void keep_feature(std::size_t slot, std::span<const float> feature);
  /// Computes the new frame's row and column of products.
  void compare(std::size_t slot, std::span<const float> rows, std::size_t length,
               std::vector<float>& products);
  double luma_moment(std::int64_t a, std::int64_t b) const;

  std::int64_t count_ = 0;
  std::vector<Entry> entries_ = std::vector<Entry>(kCapacity);
  std::vector<float> lumas_ = std::vector<float>(kCapacity * kShotLumaSize);
  std::vector<float> luma_products_ = std::vector<float>(kCapacity * kCapacity);
  std::size_t feature_length_ = 0;
  std::vector<float> features_;
  std::vector<float> feature_products_;
  std::vector<float> row_ = std::vector<float>(kCapacity);
};

}  // namespace gsttorch
