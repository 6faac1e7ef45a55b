// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <string>

#include <gst/gst.h>

#include "tools/gst-torch/analyze/analysis_batch.h"
#include "tools/gst-torch/support/commands.h"
#include "tools/gst-torch/support/interrupt.h"
#include "tools/gst-torch/support/options.h"
#include "tools/gst-torch/support/settings.h"

namespace gsttorch {
namespace {

std::optional<std::string> problem(const AnalysisPlan& plan, std::size_t videos) {
  if (plan.directory.empty()) return "-o DIR is required";
  if (plan.frames && (*plan.frames < 1 || *plan.frames == G_MAXINT)) {
    return "--frames must be at least 1";
  }
  if (auto wrong = stream_problem(plan.stream)) return wrong;
  if (plan.overlay && !plan.overlay->ends_with(".mkv") && !plan.overlay->ends_with(".webm")) {
    return "--overlay must end in .mkv or .webm, not \"" + *plan.overlay + "\"";
  }
  if (plan.overlay && videos > 1 && plan.overlay->find('/') != std::string::npos) {
    return "with several videos, --overlay must be a file name without a directory: each overlay "
           "is written to the directory of its video";
  }
  return plan.compute.problem();
}

constexpr Options::Description kDescription = {
    "VIDEO...",
    "Finds shots, optical flow and matches in videos, frame by frame, and writes them to a "
    "directory:\n"
    "  results.jsonl  results, one line of JSON per frame\n"
    "  shots.csv      the list of shots\n"
    "  run.json       versions, command, settings and how the run ended\n"
    "  report.html    the report, as a single self-contained file\n"
    "  perf.jsonl     performance measurements\n"
    "  frames.jsonl   processing time of each frame in each element\n"
    "  flow/*.flo     optical flow\n"
    "  matches/*.csv  matches with the previous frame\n"
    "With several videos, each video gets a directory in DIR that is named after its file.\n"
    "DIR/index.html lists them.\n"
    "Finished videos are skipped; interrupted ones are resumed.\n"
    "The pipeline is printed as a gst-launch-1.0 command before it runs.",
    "Examples:\n"
    "  gst-torch analyze video.mp4 -o results --flow-every 10 --overlay results/flow.mkv\n"
    "  gst-torch analyze *.mp4 -o results --flow-every 0\n\n"
    "With several videos, gst-torch exits with the status of the first video that failed. After "
    "an\n"
    "interruption, the files are complete up to the last analyzed frame.\n\n",
};

}  // namespace

int cmd_analyze(int argc, char** argv) {
  AnalysisPlan plan;
  JobOptions job;
  std::optional<std::string> directory;
  Options options("analyze", kDescription);
  options.add("output", 'o', &directory,
              "Directory to write to; gst-torch creates it if it is missing", "DIR");
  options.add("again", 0, &job.again, "Analyze finished and interrupted videos again");
  options.add("overlay", 0, &plan.overlay, "Also write the video with its results drawn beside it",
              "FILE.mkv");
  options.add("frames", 'n', &plan.frames, "Stop after N frames", "N");
  add_stream_option(plan.stream, options);
  plan.compute.add_to(options);
  plan.stages.add_to(options);
  options.add("verbose", 'v', &job.verbose, "Print debug details of a failed element");
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
