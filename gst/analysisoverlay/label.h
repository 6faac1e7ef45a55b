// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include "gst/analysisoverlay/flow_drawing.h"

namespace gsttorch {

/// A colour in the order of the canvas's channels.
cv::Scalar color(const Canvas& canvas, int red, int green, int blue);

/// Writes a line of text at the top left of the canvas, below `line` others; smaller where it would
/// not fit. White with a black edge, so that it can be read on anything.
void draw_label(const std::string& text, int line, const Canvas& canvas);

}  // namespace gsttorch
