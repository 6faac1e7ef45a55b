// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "lib/shots/shot_boundary.h"

namespace gsttorch {

/// Follows fades to and from one colour, however slow. What falls and rises is a level that a fade
/// scales: the root mean square distance of the luma image from black, or from white.
class FadeTracker {
 public:
  enum class Colour { Black, White };

  struct Sample {
    std::int64_t position = 0;
    FramePlace place;
    float mean = 0;      ///< luma, 0 to 255
    float contrast = 0;  ///< its standard deviation over the image
  };

  /// As ShotBoundary; `start` is preceded by the last frame of the old shot.
  struct Fade {
    Sample start, middle, end;
    std::int64_t fall = 0;  ///< frames from the old shot to the colour
    std::int64_t rise = 0;  ///< frames from the colour to the new shot
    float depth = 0;        ///< 1 where it went all the way to the colour
  };

  explicit FadeTracker(Colour colour) : colour_(colour) {}

  /// The fade that is known to be over with this frame.
  std::optional<Fade> push(const Sample& sample);
  /// What is known of a fade that has reached the last frame still rising.
  std::optional<Fade> finish();
  void clear();

  /// First frame of the fade that is continuing, from its colour being reached until it is over.
  std::optional<std::int64_t> open_since() const;

 private:
  static constexpr std::size_t kHistory = 512;
  static constexpr std::size_t kReach = 3;  // frames over which a level counts as moving

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
  Sample peak_;  // highest of the rise so far
};

}  // namespace gsttorch
