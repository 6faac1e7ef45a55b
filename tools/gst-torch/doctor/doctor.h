// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gsttorch {

enum class FindingState {
  Ok,
  Missing,   ///< needed and not there: the remedy says how to get it
  Optional,  ///< not there, and not needed for the main job
  Fact,      ///< neither good nor bad
};

/// One thing that `gst-torch doctor` looked at.
struct Finding {
  std::string group;
  std::string name;
  FindingState state = FindingState::Fact;
  std::string detail;  ///< version, file, size: what was found, or why not
  std::string remedy;  ///< one line, only where something is not there
};
using Findings = std::vector<Finding>;

std::string gigabytes(std::uint64_t bytes);  ///< "8.0 GB"

void check_gstreamer(Findings& findings);    ///< version, the elements that pipelines need
void check_own_plugins(Findings& findings);  ///< ours, and what the registry blacklisted
void check_engine(Findings& findings);       ///< loads it: LibTorch's version, devices
void check_models(Findings& findings);
void check_machine(Findings& findings);      ///< CPU, memory
void check_gpu(Findings& findings);          ///< driver, devices, CUDA libraries; after the engine
void check_environment(Findings& findings);  ///< variables that change what we do

}  // namespace gsttorch
