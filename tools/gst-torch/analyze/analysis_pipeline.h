// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/gst-torch/analyze/stage_settings.h"
#include "tools/gst-torch/support/gst_support.h"
#include "tools/gst-torch/support/settings.h"
#include "tools/gst-torch/support/video_source.h"

namespace gsttorch {

/// What to analyse, and where the results go.
struct AnalysisPlan {
  std::string video;
  std::optional<int> stream;  ///< number of the video stream; none: the main one
  VideoSource source = {};    ///< how that stream is decoded: known once the video was probed
  std::string directory;
  StageSettings stages;
  ComputeSettings compute;             ///< of every stage
  std::optional<int> frames;           ///< stop after so many
  std::optional<std::string> overlay;  ///< a .mkv or .webm file to draw the results into
};

/// What is only of use to the run at hand.
struct RunExtras {
  bool resume = false;      ///< continues after the last record in the directory
  std::string meter_file;   ///< where perfmeter writes its reports; empty: there is none
  std::string frames_file;  ///< and how long each element had each frame
  const char* measure = "pipeline+process+reports";  ///< perfmeter's property
  unsigned meter_interval = 1;                       ///< seconds
};

/// A pipeline of ordinary elements, in the words that gst-launch-1.0 takes.
std::vector<std::string> analysis_pipeline(const AnalysisPlan& plan, const RunExtras& extras = {});

/// The words as a pipeline.
Result<Pipeline> parse_words(const std::vector<std::string>& words);

/// The words as one text that gst_parse_launch reads, if it is UTF-8.
std::string join_words(const std::vector<std::string>& words);

/// The words as a command that can be pasted into a shell.
std::string shell_command(const std::vector<std::string>& words);

/// An Error where an element or weights are missing that the plan's pipeline needs, perfmeter
/// included.
Result<void> check_needs(const AnalysisPlan& plan);

}  // namespace gsttorch
