// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/results/shot_list.h"
#include "tools/gst-torch/support/settings.h"
#include "tools/gst-torch/support/video_source.h"

namespace gsttorch {

/// How shots are looked for. Named and meant as scenedetect's properties are; absent: its defaults.
struct ShotSettings {
  std::optional<std::string> model;
  ComputeSettings compute;
  std::optional<double> threshold;
};

/// What scenedetect said of one frame.
struct ShotScore {
  std::uint64_t frame = 0;
  std::optional<std::uint64_t> time;         ///< stream time, ns
  std::optional<std::int64_t> running_time;  ///< ns
  double score = 0;                          ///< 0..1
  double distance = 0;
  double mean_luma = 0;  ///< 0..255
  bool is_boundary = false;
};

struct SceneScan {
  std::vector<Shot> shots;
  std::vector<ShotScore> scores;  ///< of every frame
  double threshold = 0;           ///< that the scores were compared with
  std::string model;              ///< that scored them: "transnetv2"
};

/// Plays a video through scenedetect. Needs gst_init.
Result<SceneScan> scan_scenes(const std::string& video, const VideoSource& source,
                              const ShotSettings& settings);

/// The scores as CSV: "Frame Number,Timecode,score,distance,mean_luma,boundary"; frames are counted
/// from 1, and times are stream times, as in a list of shots.
std::string scores_to_csv(const std::vector<ShotScore>& scores);

}  // namespace gsttorch
