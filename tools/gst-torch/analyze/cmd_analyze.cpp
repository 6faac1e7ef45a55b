// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <string>

#include <gst/gst.h>

#include "tools/gst-torch/analyze/analysis_batch.h"
#include "tools/gst-torch/analyze/worker.h"
#include "tools/gst-torch/support/commands.h"
#include "tools/gst-torch/support/interrupt.h"
#include "tools/gst-torch/support/options.h"
#include "tools/gst-torch/support/settings.h"

namespace gsttorch {
namespace {

struct AnalyzeCommand {
  AnalysisPlan plan;
  std::optional<int> jobs;
  std::optional<int> stall_timeout;  // seconds
  bool again = false;
  bool verbose = false;
  bool is_worker = false;
};

std::optional<std::string> problem(const AnalyzeCommand& command, std::size_t videos) {
  const AnalysisPlan& plan = command.plan;
  if (!command.is_worker && videos == 0) return "missing parameter: VIDEO...";
  if (plan.directory.empty()) return "-o DIR is required";
  if (command.is_worker && videos > 0) {
    return "--worker reads the videos from standard input, not from the command line";
  }
  if (command.jobs && *command.jobs < 1) return "--jobs must be at least 1";
  if (command.stall_timeout && *command.stall_timeout < 0) {
    return "--stall-timeout must not be negative";
  }
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

void add_options(AnalyzeCommand& command, std::optional<std::string>& directory, Options& options) {
  options.add("output", 'o', &directory,
              "Directory to write to; gst-torch creates it if it is missing", "DIR");
  options.add("jobs", 'j', &command.jobs,
              "Number of videos to analyze at the same time (default 1)", "N");
  options.add("stall-timeout", 0, &command.stall_timeout,
              "Give up a video after SECONDS without progress (default 60; 0 = never)", "SECONDS");
  options.add("again", 0, &command.again, "Analyze finished and interrupted videos again");
  options.add("overlay", 0, &command.plan.overlay,
              "Also write the video with its results drawn beside it", "FILE.mkv");
  options.add("frames", 'n', &command.plan.frames, "Stop after N frames", "N");
  add_stream_option(command.plan.stream, options);
  command.plan.compute.add_to(options);
  command.plan.stages.add_to(options);
  options.add("verbose", 'v', &command.verbose, "Print debug details of a failed element");
  options.add("worker", 0, &command.is_worker,
              "Analyze the videos that standard input names, and write their results as JSON lines "
              "to standard output, for other programs");
}

int run_as_worker(const AnalyzeCommand& command, const Options& options) {
  const auto words = options.given({"output", "overlay", "jobs", "stall-timeout", "worker"});
  return run_worker(command.plan, {words, command.again, command.verbose});
}

int run_as_supervisor(const AnalyzeCommand& command, const Options& options) {
  SupervisorOptions supervisor;
  supervisor.worker_words = {"gst-torch", "analyze", "--worker",
                             "--output=" + command.plan.directory};
  for (std::string& word : options.given({"output", "overlay", "jobs", "stall-timeout"})) {
    supervisor.worker_words.push_back(std::move(word));
  }
  supervisor.jobs = command.jobs.value_or(supervisor.jobs);
  if (command.stall_timeout) {
    supervisor.stall_timeout = std::chrono::seconds(*command.stall_timeout);
  }
  supervisor.verbose = command.verbose;
  const Interrupt interrupt;
  return analyze_all(plans_for(options.parameters(), command.plan), command.plan.directory,
                     supervisor);
}

}  // namespace

int cmd_analyze(int argc, char** argv) {
  AnalyzeCommand command;
  std::optional<std::string> directory;
  Options options("analyze", kDescription);
  add_options(command, directory, options);
  if (auto status = options.parse(argc, argv, 0, G_MAXINT)) return *status;
  command.plan.directory = directory.value_or("");
  if (auto wrong = problem(command, options.parameters().size())) {
    return options.usage_error(*wrong);
  }

  gst_init(nullptr, nullptr);
  if (auto chosen = command.plan.stages.choose(); !chosen) {
    return options.usage_error(chosen.error().message);
  }
  return command.is_worker ? run_as_worker(command, options) : run_as_supervisor(command, options);
}

}  // namespace gsttorch
