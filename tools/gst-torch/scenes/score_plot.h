// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include "lib/base/result.h"
#include "tools/gst-torch/scenes/scene_scan.h"

namespace gsttorch {

/// Draws the score of every frame over time, what it is compared with, and the boundaries found:
/// cuts as lines, dissolves and fades from their start to their end. As SVG where the path ends in
/// .svg, else as PNG. `title` is the name of the video.
Result<void> write_score_plot(const std::string& path, const SceneScan& scan,
                              const std::string& title);

}  // namespace gsttorch
