// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/results/frame_numbering.h"

namespace gsttorch {

FrameNumbering FrameNumbering::after(const std::optional<RecordKey>& last) {
  FrameNumbering numbering;
  if (last) numbering.next_ = last->frame + 1;
  return numbering;
}

std::optional<std::uint64_t> FrameNumbering::number(const std::optional<std::uint64_t>& pts) const {
  if (!last_) return next_;
  if (is_recorded(pts)) return std::nullopt;
  return last_->frame + 1;
}

void FrameNumbering::taken(const std::optional<std::uint64_t>& number) {
  if (number) last_.reset();
  next_ = number ? *number + 1 : next_ + 1;
}

bool FrameNumbering::is_recorded(const std::optional<std::uint64_t>& pts) const {
  if (!last_->pts) return next_ <= last_->frame;
  return !pts || *pts <= *last_->pts;
}

}  // namespace gsttorch
