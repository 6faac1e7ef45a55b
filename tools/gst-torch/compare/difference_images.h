// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"
#include "tools/gst-torch/compare/stage_comparison.h"

namespace gsttorch {

/// Writes an image of each stage's worst frames, such as DIRECTORY/flow-000012.png: what REF has,
/// what OTHER has, and the difference, side by side. Returns the paths. Needs gst_init.
Result<std::vector<std::string>> write_difference_images(
    const std::string& directory, const std::vector<StageComparison>& stages);

}  // namespace gsttorch
