// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/perf/gap_counter.h"

namespace gsttorch {

std::uint64_t GapCounter::missing_before(const StreamPlace& place) const {
  if (last_->offset && place.offset) {
    const std::uint64_t expected = last_->offset_end.value_or(*last_->offset + 1);
    return *place.offset > expected ? *place.offset - expected : 0;
  }
  if (!last_->pts || !last_->duration || *last_->duration == 0 || !place.pts) return 0;
  const std::uint64_t expected = *last_->pts + *last_->duration;
  if (*place.pts <= expected) return 0;
  return (*place.pts - expected + *last_->duration / 2) / *last_->duration;
}

void GapCounter::add(const StreamPlace& place) {
  if (last_) {
    lost_ += missing_before(place);
    if (place.is_discontinuity) discontinuities_++;
  }
  last_ = place;
}

}  // namespace gsttorch
