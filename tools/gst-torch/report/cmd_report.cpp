// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <cstdio>

#include <gst/gst.h>

#include "lib/results/results_layout.h"
#include "tools/gst-torch/report/report.h"
#include "tools/gst-torch/support/commands.h"
#include "tools/gst-torch/support/options.h"

namespace gsttorch {
namespace {

constexpr Options::Description kDescription = {
    "DIR...",
    "Writes report.html again from the results in each directory that gst-torch analyze wrote. "
    "The\n"
    "report shows frames only if the video still exists.",
    "",
};

}  // namespace

int cmd_report(int argc, char** argv) {
  Options options("report", kDescription);
  if (auto status = options.parse(argc, argv, 1, G_MAXINT)) return *status;
  gst_init(nullptr, nullptr);
  int status = kOk;
  for (const std::string& directory : options.parameters()) {
    if (auto written = write_report(directory); !written) {
      const int failed = fail(written.error());
      if (status == kOk) status = failed;
    } else {
      std::printf("report: %s\n", report_path(directory).c_str());
    }
  }
  return status;
}

}  // namespace gsttorch
