// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <string>

#include <gst/gst.h>

#include "tools/gst-torch/analyze/analysis_batch.h"
#include "tools/gst-torch/support/commands.h"
#include "tools/gst-torch/support/interrupt.h"
#include "tools/gst-torch/support/options.h"

namespace gsttorch {
namespace {

std::optional<std::string> problem(const AnalysisPlan& plan, std::size_t videos) {
  if (plan.directory.empty()) return "needs -o DIR";
  if (plan.frames && (*plan.frames < 1 || *plan.frames == G_MAXINT)) {
    return "--frames must be at least 1";
  }
  if (plan.overlay && !plan.overlay->ends_with(".mkv") && !plan.overlay->ends_with(".webm")) {
    return "--overlay writes .mkv or .webm, not " + *plan.overlay;
  }
  if (plan.overlay && videos > 1 && plan.overlay->find('/') != std::string::npos) {
    return "--overlay of several videos is a file's name, without a directory: one is written for "
           "each";
  }
  return plan.compute.problem();
}

constexpr Options::Description kDescription = {
    "VIDEO...",
    "Computes shots, optical flow and matches of videos, frame by frame, and writes into a "
    "directory:\n"
    "  results.jsonl  one line of JSON per frame\n"
    "  run.json       versions, command, settings, how the run ended\n"
    "  report.html    all of it to look at; one file that needs no other\n"
    "  perf.jsonl     what was measured while it ran\n"
    "  frames.jsonl   how long each element had each frame\n"
    "  flow/*.flo     the flow itself\n"
    "  matches/*.csv  the matches with the frame before\n"
    "Of several videos each gets a directory in it, DIR/VIDEO's name, and DIR/index.html lists "
    "them.\n"
    "What an earlier run has finished is left as it is, what it has begun is resumed.\n"
    "Prints the pipeline it runs as a gst-launch-1.0 command.",
    "Examples:\n"
    "  gst-torch analyze video.mp4 -o results --flow-every 10 --overlay results/flow.mkv\n"
    "  gst-torch analyze *.mp4 -o results --flow-every 0\n\n"
    "Of several videos, the exit status is that of the first one that failed. After an "
    "interruption\n"
    "the files are complete up to the last analyzed frame.\n\n",
};

}  // namespace

int cmd_analyze(int argc, char** argv) {
  AnalysisPlan plan;
  JobOptions job;
  std::optional<std::string> directory;
  Options options("analyze", kDescription);
  options.add("output", 'o', &directory, "The directory to write into; made where it is absent",
              "DIR");
  options.add("again", 0, &job.again, "Compute again what is finished or begun");
  options.add("overlay", 0, &plan.overlay, "Draw the results beside the video into this file",
              "FILE.mkv");
  options.add("frames", 'n', &plan.frames, "Stop after N frames", "N");
  plan.compute.add_to(options);
  plan.stages.add_to(options);
  options.add("verbose", 'v', &job.verbose, "Say all that elements say of a failure");
  if (auto status = options.parse(argc, argv, 1, G_MAXINT)) return *status;
  plan.directory = directory.value_or("");
  if (auto wrong = problem(plan, options.parameters().size())) return options.usage_error(*wrong);

  gst_init(nullptr, nullptr);
  if (auto chosen = plan.stages.choose(); !chosen) {
    return options.usage_error(chosen.error().message);
  }
  job.command.assign(argv, argv + argc);
  const Interrupt interrupt;
  return analyze_all(plans_for(options.parameters(), plan), plan.directory, job);
}

}  // namespace gsttorch
