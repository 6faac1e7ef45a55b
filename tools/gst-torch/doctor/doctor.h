// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gsttorch {

enum class CheckState {
  Ok,
  Missing,   ///< needed and not there: the remedy says how to get it
  Optional,  ///< not there, and not needed for the main job
  Fact,      ///< neither good nor bad
};

/// One thing that `gst-torch doctor` looked at.
struct Check {
  std::string group;
  std::string name;
  CheckState state = CheckState::Fact;
  std::string detail;  ///< version, file, size: what was found, or why not
  std::string remedy;  ///< one line, only where something is not there
};
using Checks = std::vector<Check>;

std::string gigabytes(std::uint64_t bytes);  ///< "8.0 GB"

void check_gstreamer(Checks& checks);    ///< version, the elements that pipelines need
void check_own_plugins(Checks& checks);  ///< ours, and what the registry blacklisted
void check_engine(Checks& checks);       ///< loads it: LibTorch's version, devices
void check_models(Checks& checks);
void check_stages(Checks& checks);       ///< whether `analyze` can run each stage, and why not
void check_libraries(Checks& checks);    ///< of ours, that single options load
void check_machine(Checks& checks);      ///< CPU, memory
void check_gpu(Checks& checks);          ///< driver, devices, CUDA libraries; after the engine
void check_environment(Checks& checks);  ///< variables that change what we do

}  // namespace gsttorch
