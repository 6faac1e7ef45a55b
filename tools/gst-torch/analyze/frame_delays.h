// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace gsttorch {

/// The element in which a frame was longer than frames usually are, by the most.
struct FrameDelay {
  std::string element;
  double ms = 0;        ///< of this frame
  double usual_ms = 0;  ///< the median of all

  double excess_ms() const { return ms - usual_ms; }
};

/// Of the frames of these PTS, from what perfmeter wrote of each frame (`frames-location`). Queues
/// are left out: what waits in them waits for others. Frames that no element had longer than usual
/// are missing.
std::map<std::uint64_t, FrameDelay> read_frame_delays(const std::string& path,
                                                      const std::set<std::uint64_t>& pts);

}  // namespace gsttorch
