// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.h"

namespace gsttorch {

/// The first frames of all shots but the first, counted from 0 and sorted.
using BoundaryList = std::vector<std::uint64_t>;

/// The files of another program that are looked for in its directory: the first one counts.
inline constexpr const char* kBoundaryFiles[] = {"scenes.csv", "shots.csv", "scenes.txt",
                                                 "shots.txt"};

/// Reads a shot list: one with PySceneDetect's columns (`.csv`), with or without the line of
/// timecodes above them, or one with the first frame of a shot per line (`.txt`), counted from 0.
Result<BoundaryList> read_boundary_list(const std::string& path);

/// None of kBoundaryFiles: nothing.
Result<std::optional<BoundaryList>> find_boundary_list(const std::string& directory);

}  // namespace gsttorch
