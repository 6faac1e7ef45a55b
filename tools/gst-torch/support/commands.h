// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include "tools/gst-torch/support/exit_status.h"

namespace gsttorch {

// The commands of gst-torch. argv[0] is the command's name. They return the exit status.

int cmd_analyze(int argc, char** argv);
int cmd_doctor(int argc, char** argv);
int cmd_flow(int argc, char** argv);
int cmd_match(int argc, char** argv);
int cmd_models(int argc, char** argv);
int cmd_report(int argc, char** argv);
int cmd_scenes(int argc, char** argv);

}  // namespace gsttorch
