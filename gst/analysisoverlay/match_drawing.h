// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <array>
#include <optional>

#include "gst/analysisoverlay/flow_drawing.h"
#include "gst/analysisoverlay/overlay_settings.h"
#include "lib/formats/match_file.h"

namespace gsttorch {

/// Matches of a frame with another image, in the pixels of both.
struct MatchView {
  MatchRows rows;
  cv::Size frame;
  cv::Size reference;
  std::optional<std::array<double, 9>> homography;  ///< from the reference image to the frame
};

/// A line on the frame from where each point was in the reference image (scaled to the frame,
/// where its size is another) to where it is now, and a dot there. Of many long ones some, evenly
/// chosen.
void draw_trails(const MatchView& matches, MatchColor coloring, const Canvas& canvas);

/// The canvas has the frame in its left half, the reference image in the right one: a line between
/// the two places of each point. Of many matches some, evenly chosen.
void draw_pairs(const MatchView& matches, MatchColor coloring, const Canvas& canvas);

/// The border of the reference image as the homography takes it to the frame; nothing without one.
void draw_outline(const MatchView& matches, const Canvas& canvas);

}  // namespace gsttorch
