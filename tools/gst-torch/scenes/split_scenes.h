// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdio>

#include "lib/base/result.h"
#include "tools/gst-torch/scenes/scene_scan.h"
#include "tools/gst-torch/scenes/split/split.h"

namespace gsttorch {

/// Writes each shot that a scan found to its own file, and prints to `out` which cuts moved, what
/// sound was left out, and which files there are. `request` lacks its shots
/// and times.
Result<void> split_scenes(SplitRequest request, const SplitSource& source, const SceneScan& scan,
                          std::FILE* out);

}  // namespace gsttorch
