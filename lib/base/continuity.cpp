// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/base/continuity.h"

#include <cstdlib>

namespace gsttorch {

bool Continuity::is_break(std::optional<std::int64_t> pts,
                          std::optional<std::int64_t> frame_duration, bool marked) {
  const bool first = !any_;
  any_ = true;
  std::optional<std::int64_t> step;
  if (pts && last_pts_) step = std::abs(*pts - *last_pts_);
  const std::optional<std::int64_t> usual = frame_duration ? frame_duration : last_step_;
  last_pts_ = pts;
  last_step_ = step;
  if (first || !marked) return false;
  return !step || !usual || *step > 2 * *usual;
}

}  // namespace gsttorch
