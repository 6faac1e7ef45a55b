// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tools/gst-torch/analyze/analysis_pipeline.h"
#include "tools/gst-torch/support/media_probe.h"

namespace gsttorch {

/// The frames of a run: none where the video does not say how many it has.
struct FrameRange {
  std::uint64_t before = 0;  ///< that an earlier run has written
  std::optional<std::uint64_t> end;
};

/// Unless the user chose it, sets how many flow files are written: as many as the report shows.
void choose_flow_every(AnalysisPlan& plan, std::optional<std::uint64_t> frames);

/// What a run will write to its directory, without the overlay.
struct DiskUse {
  std::uint64_t bytes = 0;  ///< at most: each cell of the model's grid could have a match
  std::string text;         ///< for people: how much of what
};
DiskUse estimate_disk_use(const AnalysisPlan& plan, const VideoFacts& facts, const FrameRange& run);

/// Prints the estimate to stdout, and a warning to stderr if the disk has less space.
void print_disk_use(const std::string& directory, const DiskUse& use);

}  // namespace gsttorch
