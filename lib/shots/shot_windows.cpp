// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/shots/shot_windows.h"

#include <algorithm>

namespace gsttorch {

std::optional<ShotWindows::Batch> ShotWindows::push(const Thumbnail& frame) {
  if (frames_.empty()) frames_.assign(kMargin, frame);
  frames_.push_back(frame);
  if (frames_.size() < length_of(at_once_)) return std::nullopt;
  return take(at_once_ * kStep);
}

std::optional<ShotWindows::Batch> ShotWindows::finish() {
  if (frames_.size() <= kMargin) return std::nullopt;
  return take(std::min(frames_.size() - kMargin, at_once_ * kStep));
}

ShotWindows::Batch ShotWindows::take(std::size_t count) {
  Batch batch;
  batch.windows = (count + kStep - 1) / kStep;
  batch.count = count;
  const std::size_t length = length_of(batch.windows);
  const auto there = static_cast<std::ptrdiff_t>(std::min(length, frames_.size()));
  batch.frames.assign(frames_.begin(), frames_.begin() + there);
  batch.frames.resize(length, frames_.back());
  frames_.erase(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(count));
  return batch;
}

}  // namespace gsttorch
