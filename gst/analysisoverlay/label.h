// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include "gst/analysisoverlay/flow_drawing.h"

namespace gsttorch {

/// Returns a colour in the canvas's channel order.
cv::Scalar color(const Canvas& canvas, int red, int green, int blue);

/// Draws a line of text at the top left of the canvas, below `line` others; reduces its size if it
/// would not fit. White with a black outline, so that it is legible on any image.
void draw_label(const std::string& text, int line, const Canvas& canvas);

}  // namespace gsttorch
