// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include "tools/gst-torch/support/exit_status.h"

namespace gsttorch {

// The commands of gst-torch. argv[0] is the command's name. They return the exit status.

int cmd_analyze(int argc, char** argv);
int cmd_bench(int argc, char** argv);
int cmd_compare(int argc, char** argv);
int cmd_doctor(int argc, char** argv);
int cmd_flow(int argc, char** argv);
int cmd_match(int argc, char** argv);
int cmd_models(int argc, char** argv);
int cmd_report(int argc, char** argv);
int cmd_scenes(int argc, char** argv);

struct Command {
  const char* name;
  int (*run)(int argc, char** argv);
  const char* summary;  ///< for `gst-torch --help`
};

/// All commands, in the order of `gst-torch --help`. main.cpp runs them by name.
inline constexpr Command kCommands[] = {
    {"analyze", cmd_analyze, "find shots, optical flow and matches in videos, and write a report"},
    {"bench", cmd_bench, "time the models on this machine"},
    {"compare", cmd_compare, "compare the results of two programs or settings"},
    {"doctor", cmd_doctor, "check the installation and print what is missing"},
    {"flow", cmd_flow, "compute the optical flow between two images"},
    {"match", cmd_match, "find point correspondences between two images"},
    {"models", cmd_models, "list the models, download weights and print where they are"},
    {"report", cmd_report, "write the report of an earlier analysis again"},
    {"scenes", cmd_scenes, "list the shots of a video, plot scores and split the video"},
};

}  // namespace gsttorch
