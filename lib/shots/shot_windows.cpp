// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/shots/shot_windows.h"

#include <algorithm>

namespace gsttorch {

std::optional<ShotWindows::Window> ShotWindows::push(const Thumbnail& frame) {
  if (frames_.empty()) frames_.assign(kMargin, frame);
  frames_.push_back(frame);
  if (frames_.size() < kLength) return std::nullopt;
  return take(kStep);
}

std::optional<ShotWindows::Window> ShotWindows::finish() {
  if (frames_.size() <= kMargin) return std::nullopt;
  return take(std::min(frames_.size() - kMargin, kStep));
}

ShotWindows::Window ShotWindows::take(std::size_t count) {
  Window window;
  window.first = kMargin;
  window.count = count;
  window.frames.assign(frames_.begin(), frames_.end());
  window.frames.resize(kLength, frames_.back());
  frames_.erase(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(count));
  return window;
}

}  // namespace gsttorch
