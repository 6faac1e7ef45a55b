// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

namespace gsttorch {

// The subcommands of gst-torch. argv[0] is the subcommand's name; what they return is the exit
// status: kOk, kFailed, kUsage, or 128 + the signal that ended the work.

constexpr int kOk = 0;
constexpr int kFailed = 1;
constexpr int kUsage = 2;

int cmd_analyze(int argc, char** argv);
int cmd_doctor(int argc, char** argv);
int cmd_flow(int argc, char** argv);
int cmd_match(int argc, char** argv);
int cmd_models(int argc, char** argv);
int cmd_report(int argc, char** argv);
int cmd_scenes(int argc, char** argv);

}  // namespace gsttorch
