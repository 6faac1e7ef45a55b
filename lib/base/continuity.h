// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <optional>

namespace gsttorch {

/// Detects from timestamps alone whether a frame continues the sequence of the previous one. All
/// times in ns.
class Continuity {
 public:
  /// Returns true if the sequence breaks at `pts`: `marked` is set, that is, the stream signals a
  /// possible break (DISCONT, a new segment), and the timestamp jumps by more than two frames or is
  /// missing. If `frame_duration` is unknown, the distance of the last two frames is used instead.
  bool is_break(std::optional<std::int64_t> pts, std::optional<std::int64_t> frame_duration,
                bool marked);

 private:
  std::optional<std::int64_t> last_pts_;
  std::optional<std::int64_t> last_step_;
  bool any_ = false;
};

}  // namespace gsttorch
