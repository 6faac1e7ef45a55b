// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <array>
#include <optional>

#include "gst/analysisoverlay/flow_drawing.h"
#include "gst/analysisoverlay/overlay_settings.h"
#include "lib/formats/match_file.h"

namespace gsttorch {

/// Matches of a frame with a reference image, in the pixels of both.
struct MatchView {
  MatchRows rows;
  cv::Size frame;
  cv::Size reference;
  std::optional<std::array<double, 9>> homography;  ///< from the reference image to the frame
};

/// Draws a line on the frame from each point's position in the reference image (scaled to the frame
/// if the sizes differ) to its present position, which gets a dot. If the lines would cover too
/// much of the image, draws every nth.
void draw_trails(const MatchView& matches, MatchColor coloring, const Canvas& canvas);

/// Expects the frame in the canvas's left half and the reference image in the right half; draws a
/// line between the two positions of each point. If there are too many matches, draws every nth.
void draw_pairs(const MatchView& matches, MatchColor coloring, const Canvas& canvas);

/// Draws the border of the reference image, mapped to the frame by the homography, if there is one.
void draw_outline(const MatchView& matches, const Canvas& canvas);

}  // namespace gsttorch
