// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "lib/shots/shot_frame.h"

namespace gsttorch {

/// Tracks fades of any speed to and from one colour. It follows the level that a fade scales: the
/// root mean square distance of the luma image from black, or from white.
class FadeTracker {
 public:
  enum class Colour { Black, White };

  struct Sample {
    std::int64_t position = 0;
    FramePlace place;
    float mean = 0;      ///< luma, 0 to 255
    float contrast = 0;  ///< standard deviation of luma over the image
  };

  /// As Boundary; `start` is preceded by the last frame of the old shot.
  struct Fade {
    Sample start, middle, end;
    std::int64_t fall = 0;  ///< frames from the old shot to the colour
    std::int64_t rise = 0;  ///< frames from the colour to the new shot
    float depth = 0;        ///< 1 if the fade reached the colour completely
  };

  explicit FadeTracker(Colour colour) : colour_(colour) {}

  /// Adds a frame; returns the fade that has ended with it, if any.
  std::optional<Fade> push(const Sample& sample);
  /// Returns a fade that was still rising at the last frame, as far as it is known.
  std::optional<Fade> finish();
  void clear();

  /// First frame of the current fade; known from reaching the colour until the fade is over.
  std::optional<std::int64_t> open_since() const;

 private:
  static constexpr std::size_t kHistory = 512;
  static constexpr std::size_t kReach = 3;  // frames over which a change of level is measured

  float level(const Sample& sample) const;
  bool is_blank(const Sample& sample) const;
  bool is_image(const Sample& sample) const;
  bool above(float higher, float lower) const;
  std::size_t fall_begin() const;
  void open();
  void rise_on();
  std::optional<Fade> close();

  Colour colour_;
  std::deque<Sample> history_;
  bool is_open_ = false;
  float top_ = 0;  // level before the fall
  Sample start_, first_blank_, lowest_, last_lowest_, last_blank_;
  Sample peak_;  // highest level of the rise so far
};

}  // namespace gsttorch
