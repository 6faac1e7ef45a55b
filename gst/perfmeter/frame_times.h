// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace gsttorch {

/// Collects from the streaming threads how long each frame stayed in each element, until the frame
/// passes the meter. Frames are identified by PTS. Thread-safe.
class FrameTimes {
 public:
  struct Stage {
    std::string element;
    std::uint64_t time = 0;  ///< ns
  };
  struct Frame {
    std::uint64_t index = 0;  ///< among the frames that passed the meter
    std::uint64_t pts = 0;    ///< ns
    std::vector<Stage> stages;
  };

  void add(std::uint64_t pts, const std::string& element, std::uint64_t time);
  void pass(std::uint64_t index, std::uint64_t pts);
  /// Returns the frames that passed since the last call, in order.
  std::vector<Frame> remove_passed();

 private:
  std::mutex mutex_;
  std::map<std::uint64_t, std::vector<Stage>> on_their_way_;  // guarded by mutex_, by PTS
  std::vector<Frame> passed_;                                 // guarded by mutex_
};

/// Formats a line of JSON, including the newline: {"frame", "pts", "ms": {ELEMENT: milliseconds}}.
std::string to_json_line(const FrameTimes::Frame& frame);

}  // namespace gsttorch
