// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/results/split_plan.h"
#include "tools/gst-torch/scenes/split/split_pipeline.h"
#include "tools/gst-torch/support/media_probe.h"

namespace gsttorch {

enum class SplitMethod {
  Copy,     ///< packets as they are: parts begin at key frames
  Reencode  ///< parts begin exactly where shots do
};

struct SplitRequest {
  std::string video;
  VideoFacts facts;
  std::string directory;
  SplitMethod method = SplitMethod::Copy;
  std::vector<std::uint64_t> shots = {};       ///< first frames, the first being 0
  std::vector<std::int64_t> frame_times = {};  ///< running time of every frame, ns, ascending
};

struct SplitOutcome {
  SplitPlan plan;
  std::vector<std::string> files;     ///< one for each part
  std::vector<std::string> left_out;  ///< audio that the container cannot hold, in words
};

/// An Error where the directory cannot be written to, or has parts of this video already: fewer new
/// ones would leave some of them beside them. Asked before the work starts.
Result<void> check_split_directory(const std::string& directory, const std::string& video);

/// What can be known of a split before the shots are.
struct SplitSource {
  MediaStreams streams;
  SplitJob job;                       ///< without times
  std::vector<std::string> left_out;  ///< audio that the container cannot hold, in words
};

/// Reads the packets of the video. An Error names what prevents the split, and the way out. Asked
/// before the work starts: without shots and times. Needs gst_init.
Result<SplitSource> prepare_split(const SplitRequest& request);

/// Writes each shot into a file of its own, named VIDEO-shot-NNN. Files appear under their names
/// when all are whole. Needs gst_init.
Result<SplitOutcome> split_video(const SplitRequest& request, const SplitSource& source);

}  // namespace gsttorch
