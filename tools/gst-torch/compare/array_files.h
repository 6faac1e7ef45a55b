// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/formats/flow_file.h"
#include "lib/formats/match.h"

namespace gsttorch {

/// Reads the flow of one frame in the format that the name ends with: `.flo`, `.npy` (an array
/// [height, width, 2] or [2, height, width]), or `.npz` (such an array named "flow").
Result<FlowFile> read_flow_array(const std::string& path);

/// Reads the matches of one frame: `.csv`, or `.npz` with arrays named as kornia's LoFTR names its
/// results: "keypoints0" and "keypoints1" [count, 2], and perhaps "confidence" [count].
Result<std::vector<Match>> read_match_array(const std::string& path);

bool is_flow_name(const std::string& name);
bool is_match_name(const std::string& name);

}  // namespace gsttorch
