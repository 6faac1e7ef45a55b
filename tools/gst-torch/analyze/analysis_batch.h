// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>
#include <vector>

#include "tools/gst-torch/analyze/supervisor.h"

namespace gsttorch {

/// A results directory for each video, in their order: DIRECTORY itself for one, else
/// DIRECTORY/NAME with the video's file name; of videos with the same name the second one's has
/// "-2" after it, and so on. A video that is named twice is there once.
std::vector<AnalysisPlan> plans_for(const std::vector<std::string>& videos,
                                    const AnalysisPlan& common);

/// By workers, each of which loads its models once. A video that fails does not keep the others
/// from being analysed; an interruption does. Returns the exit status.
int analyze_all(const std::vector<AnalysisPlan>& plans, const std::string& directory,
                const SupervisorOptions& options);

}  // namespace gsttorch
