// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/loftrmatch/frame_history.h"

#include <utility>

namespace gsttorch {
bool FrameHistory::begin_frame(const AnalyzedFrame& frame, const LoftrMatchSettings& settings,
                               int max_size) {
  const bool other_settings =
      max_size_ != max_size || mode_ != settings.mode || distance_ != settings.distance();
  const bool is_discont = frame.is_discont || other_settings || frame.is_skipped(kSkippedReverse);
  if (is_discont) *this = FrameHistory();
  max_size_ = max_size;
  mode_ = settings.mode;
  distance_ = settings.distance();
  if (mode_ == MatchMode::ShotStart) {
    if (frame.boundary != GST_TORCH_SHOT_BOUNDARY_NONE) forget_frames();
    return is_discont;  // the partner is the oldest frame
  }
  while (seen_.size() > 1 && seen_[1].index + distance_ <= frame.index) {
    images_.erase(seen_.front().index);
    seen_.pop_front();
  }
  return is_discont;
}

void FrameHistory::forget_frames() {
  images_.clear();
  seen_.clear();
}

bool FrameHistory::will_ask_for(const AnalyzedFrame& frame, guint interval) const {
  if (mode_ == MatchMode::Reference) return false;
  if (mode_ == MatchMode::ShotStart) return seen_.empty();
  return (frame.index + distance_) % interval == 0;
}

void FrameHistory::put(const AnalyzedFrame& frame, const SharedImage& image) {
  const bool is_wanted =
      mode_ == MatchMode::ShotStart ? seen_.empty() : mode_ != MatchMode::Reference;
  if (!is_wanted) return;
  seen_.push_back({frame.index, frame.pts()});
  images_.put(frame.index, image, image->bytes());
  fresh_.push_back(image);
}

std::optional<FrameHistory::Earlier> FrameHistory::partner_of(const AnalyzedFrame& frame) {
  const Seen& oldest = seen_.front();
  const bool is_old_enough = mode_ == MatchMode::ShotStart
                                 ? oldest.index < frame.index
                                 : oldest.index + distance_ <= frame.index;
  if (!is_old_enough) return std::nullopt;
  return Earlier{oldest.pts, images_.find(oldest.index)};
}

Result<void> FrameHistory::copy_pixels() {
  for (const SharedImage& image : std::exchange(fresh_, {})) {
    if (auto copied = image->copy_pixels(); !copied) return copied;
  }
  return {};
}

void FrameHistory::update_sizes() {
  images_.measure([](const SharedImage& image) { return image->bytes(); });
}

}  // namespace gsttorch
