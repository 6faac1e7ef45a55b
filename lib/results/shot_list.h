// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/shots/boundary.h"

namespace gsttorch {

/// A shot. Frames are counted from 0.
struct Shot {
  std::uint64_t first_frame = 0;
  std::uint64_t end_frame = 0;            ///< the first one after it
  std::optional<std::uint64_t> start_ns;  ///< stream time
  std::optional<std::uint64_t> end_ns;    ///< stream time at which the frame after it begins
  std::optional<Boundary> boundary;       ///< none: the video begins

  std::uint64_t frames() const { return end_frame - first_frame; }
};

/// Makes a list of shots of the frames of a video, in order.
class ShotListBuilder {
 public:
  struct Frame {
    std::uint64_t number = 0;
    std::optional<std::uint64_t> pts;          ///< ns
    std::optional<std::uint64_t> duration;     ///< ns
    std::optional<std::uint64_t> stream_time;  ///< ns; if it is unknown, PTS stand for it
  };

  /// `boundaries`: those that are known with this frame. They lie at it or before it. Their PTS are
  /// converted to stream time as the PTS of this frame.
  void add(const Frame& frame, const std::vector<Boundary>& boundaries = {});

  /// The shots so far, the last one ended after the last frame.
  std::vector<Shot> shots() const;

 private:
  void begin_shot(const Boundary& boundary, const Frame& known_with);

  std::vector<Shot> done_;
  std::optional<Shot> current_;
  Frame last_;
  std::optional<std::uint64_t> step_;  // from one frame to the next
};

/// "00:01:02.345"
std::string timecode(std::uint64_t ns);

/// With the columns of PySceneDetect's list: frames are counted from 1, the end frame is the last
/// of the shot, times end where the next shot begins. Times that are not known are empty.
std::string shots_to_csv(const std::vector<Shot>& shots);

/// The same, how each shot begins, and the model that found them; frames counted from 0.
std::string shots_to_json(const std::vector<Shot>& shots, const std::string& model);

/// An edit decision list (CMX 3600) that plays the shots one after the other; timecodes of so many
/// frames a second (rounded to a whole number, as the format wants).
std::string shots_to_edl(const std::vector<Shot>& shots, const std::string& title,
                         double frames_per_second);

}  // namespace gsttorch
