// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/shots/frame_window.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

#include "lib/shots/similarity.h"

namespace gsttorch {

void FrameWindow::push(const ShotFrame& frame) {
  const std::size_t here = slot(count_);
  entries_[here] = {frame.place, 0, 0, false, frame.probabilities};
  keep_luma(here, frame.luma);
  keep_feature(here, frame.feature);
  ++count_;
}

void FrameWindow::clear() { count_ = 0; }

std::int64_t FrameWindow::oldest() const {
  return std::max<std::int64_t>(0, count_ - static_cast<std::int64_t>(kCapacity));
}

bool FrameWindow::contains(std::int64_t position) const {
  return position >= oldest() && position < count_;
}

std::span<const float> FrameWindow::luma(std::int64_t position) const {
  return std::span(lumas_).subspan(slot(position) * kShotLumaSize, kShotLumaSize);
}

void FrameWindow::keep_luma(std::size_t slot, std::span<const float> luma) {
  assert(luma.size() == kShotLumaSize);
  const std::span<float> kept(lumas_.data() + slot * kShotLumaSize, kShotLumaSize);
  const double sum = std::accumulate(luma.begin(), luma.end(), 0.0);
  const auto mean = static_cast<float>(sum / static_cast<double>(kShotLumaSize));
  std::transform(luma.begin(), luma.end(), kept.begin(), [&](float v) { return v - mean; });
  compare(slot, lumas_, kShotLumaSize, luma_products_);
  entries_[slot].mean = mean;
  entries_[slot].deviation =
      std::sqrt(luma_products_[slot * kCapacity + slot] / static_cast<float>(kShotLumaSize));
}

void FrameWindow::keep_feature(std::size_t slot, std::span<const float> feature) {
  if (feature.empty()) return;
  if (feature.size() != feature_length_) {
    feature_length_ = feature.size();
    features_.assign(kCapacity * feature_length_, 0.0F);
    feature_products_.assign(kCapacity * kCapacity, 0.0F);
    for (Entry& entry : entries_) entry.has_feature = false;
  }
  const std::span<float> kept(features_.data() + slot * feature_length_, feature_length_);
  std::copy(feature.begin(), feature.end(), kept.begin());
  normalize(kept);
  compare(slot, features_, feature_length_, feature_products_);
  entries_[slot].has_feature = true;
}

void FrameWindow::compare(std::size_t slot, std::span<const float> rows, std::size_t length,
                          std::vector<float>& products) {
  const auto used = static_cast<std::size_t>(std::min<std::int64_t>(count_ + 1, kCapacity));
  const std::span<float> row(row_.data(), used);
  row_products(rows.first(used * length), rows.subspan(slot * length, length), length, row);
  for (std::size_t other = 0; other < used; ++other) {
    products[slot * kCapacity + other] = products[other * kCapacity + slot] = row[other];
  }
}

float FrameWindow::feature_distance(std::int64_t a, std::int64_t b) const {
  if (!at(a).has_feature || !at(b).has_feature) return 0;
  return std::max(0.0F, 1 - feature_products_[slot(a) * kCapacity + slot(b)]);
}

double FrameWindow::luma_moment(std::int64_t a, std::int64_t b) const {
  return luma_products_[slot(a) * kCapacity + slot(b)];
}

float FrameWindow::luma_product(std::int64_t a, std::int64_t b, std::int64_t c,
                                std::int64_t d) const {
  const double moments =
      luma_moment(a, c) - luma_moment(a, d) - luma_moment(b, c) + luma_moment(b, d);
  const double means = (at(a).mean - at(b).mean) * (at(c).mean - at(d).mean);
  return static_cast<float>(moments / static_cast<double>(kShotLumaSize) + means);
}

}  // namespace gsttorch
