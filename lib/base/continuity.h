// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <optional>

namespace gsttorch {

/// Tells whether a frame continues where the one before it was, from timestamps alone. All times
/// ns.
class Continuity {
 public:
  /// True where `pts` is a break: the stream says that it may be (DISCONT, a new segment), and the
  /// timestamp jumps by more than two frames. A missing timestamp after such a mark is a break too.
  /// `frame_duration` may be unknown: the distance of the last two frames then stands for it.
  bool is_break(std::optional<std::int64_t> pts, std::optional<std::int64_t> frame_duration,
                bool marked);

 private:
  std::optional<std::int64_t> last_pts_;
  std::optional<std::int64_t> last_step_;
  bool any_ = false;
};

}  // namespace gsttorch
