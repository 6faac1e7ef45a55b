// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <cstdio>
#include <string>

#include <gst/gst.h>

#include "tools/gst-torch/analysis_pipeline.h"
#include "tools/gst-torch/commands.h"
#include "tools/gst-torch/gst_support.h"
#include "tools/gst-torch/media_probe.h"
#include "tools/gst-torch/options.h"
#include "tools/gst-torch/paths.h"
#include "tools/gst-torch/pipeline_run.h"
#include "tools/gst-torch/run_record.h"

namespace gsttorch {
namespace {

/// All that has to be known, and to be right, before the work starts.
struct Preparation {
  VideoFacts facts;
  std::string weights;
};

Result<void> check_elements(const AnalysisPlan& plan) {
  for (const std::string& element : needed_elements(plan)) {
    if (has_element(element.c_str())) continue;
    return Error{ErrorCode::LibraryMissing, "GStreamer has no element " + element +
                                                " (gst-torch doctor says what is missing)"};
  }
  return {};
}

Result<void> check_outputs(const AnalysisPlan& plan) {
  if (auto writable = check_output_folder(plan.folder); !writable) return writable;
  if (!plan.overlay) return {};
  if (auto other = check_not_input(*plan.overlay, plan.video); !other) return other;
  return check_output_file(*plan.overlay);
}

Result<Preparation> prepare(const AnalysisPlan& plan) {
  if (auto readable = check_input_file(plan.video); !readable) return readable.error();
  if (auto complete = check_elements(plan); !complete) return complete.error();
  auto facts = probe_video(plan.video);
  if (!facts) return facts.error();
  auto weights = resolve_flow_weights(plan.flow);
  if (!weights) return weights.error();
  if (auto writable = check_outputs(plan); !writable) return writable.error();
  return Preparation{*facts, *weights};
}

std::optional<std::uint64_t> expected_frames(const AnalysisPlan& plan, const VideoFacts& facts) {
  const auto all = facts.frames();
  if (!plan.frames) return all;
  const auto wanted = static_cast<std::uint64_t>(*plan.frames);
  return all && *all < wanted ? all : wanted;
}

/// Of a video that was cut off, or is broken in the middle, decoders read what they can in silence.
void warn_of_lost_frames(const AnalysisPlan& plan, const RunOutcome& outcome,
                         std::optional<std::uint64_t> expected) {
  if (!expected || outcome.error || outcome.signal != 0) return;
  if (10 * outcome.frames >= 9 * *expected) return;  // lengths in headers are rough
  std::fprintf(stderr, "gst-torch: warning: %s promises %llu frames, %llu could be read\n",
               plan.video.c_str(), static_cast<unsigned long long>(*expected),
               static_cast<unsigned long long>(outcome.frames));
}

void print_summary(const AnalysisPlan& plan, const RunOutcome& outcome) {
  std::printf("%llu frames, %.1f ms per frame%s\n", static_cast<unsigned long long>(outcome.frames),
              outcome.ms_per_frame(), outcome.signal != 0 ? " (interrupted)" : "");
  std::printf("results: %s\n", plan.folder.c_str());
  if (plan.overlay) std::printf("pictures: %s\n", plan.overlay->c_str());
}

int exit_status(const RunOutcome& outcome, bool verbose) {
  if (outcome.error) {
    fail(*outcome.error);
    if (verbose) std::fprintf(stderr, "%s\n", outcome.details.c_str());
    return kFailed;
  }
  return outcome.signal != 0 ? 128 + outcome.signal : kOk;
}

int run(const AnalysisPlan& plan, RunRecord& record, bool verbose) {
  auto prepared = prepare(plan);
  if (!prepared) return fail(prepared.error());
  const std::vector<std::string> words = analysis_pipeline(plan);
  auto pipeline = parse_pipeline(join_words(words));
  if (!pipeline) return fail(pipeline.error());
  record.set_input(plan.video, prepared->facts);
  record.set_model(plan.flow.model.value_or("auto"), prepared->weights);
  record.set_pipeline(join_words(words), *pipeline);
  if (auto written = record.write_started(); !written) return fail(written.error());
  std::printf("%s\n", shell_command(words).c_str());
  std::fflush(stdout);

  const auto expected = expected_frames(plan, prepared->facts);
  RunOutcome outcome = run_analysis(*pipeline, {expected, verbose});
  if (outcome.frames == 0 && !outcome.error && outcome.signal == 0) {
    outcome.error = Error{ErrorCode::Corrupt, plan.video + " has no frame that can be decoded"};
  }
  if (auto written = record.write_ended(outcome); !written) return fail(written.error());
  warn_of_lost_frames(plan, outcome, expected);
  if (outcome.frames > 0) print_summary(plan, outcome);
  return exit_status(outcome, verbose);
}

bool is_word_of(const std::optional<std::string>& value, std::initializer_list<const char*> words) {
  if (!value) return true;
  for (const char* word : words) {
    if (*value == word) return true;
  }
  return false;
}

std::optional<std::string> problem(const AnalysisPlan& plan) {
  if (plan.folder.empty()) return "needs -o DIR";
  if (plan.flow_every && *plan.flow_every < 0) return "--flow-every must not be negative";
  if (plan.frames && (*plan.frames < 1 || *plan.frames == G_MAXINT)) {
    return "--frames must be at least 1";
  }
  if (!is_word_of(plan.flow.direction, {"forward", "backward", "both"})) {
    return "--direction is forward, backward or both, not \"" + *plan.flow.direction + "\"";
  }
  if (plan.overlay && !plan.overlay->ends_with(".mkv") && !plan.overlay->ends_with(".webm")) {
    return "--overlay writes .mkv or .webm, not " + *plan.overlay;
  }
  return plan.flow.problem();
}

constexpr Options::Description kDescription = {
    "VIDEO",
    "Computes the optical flow of a video, frame by frame, and writes into a folder:\n"
    "  results.jsonl  one line of JSON per frame\n"
    "  run.json       versions, command, settings, how the run ended\n"
    "  flow/*.flo     the flow itself\n"
    "Prints the pipeline it runs as a gst-launch-1.0 command.",
    "Example:\n"
    "  gst-torch analyze video.mp4 -o results --flow-every 10 --overlay results/flow.mkv\n\n"
    "Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted (the files are complete up to\n"
    "there).",
};

}  // namespace

int cmd_analyze(int argc, char** argv) {
  AnalysisPlan plan;
  std::optional<std::string> folder;
  bool verbose = false;
  Options options("analyze", kDescription);
  options.add("output", 'o', &folder, "The folder to write into; made where it is absent", "DIR");
  options.add("overlay", 0, &plan.overlay, "Draw the results beside the video into this file",
              "FILE.mkv");
  options.add("flow-every", 0, &plan.flow_every,
              "Write the flow of every Nth frame (1: of all, 0: none)", "N");
  options.add("frames", 'n', &plan.frames, "Stop after N frames", "N");
  plan.flow.add_to(options);
  options.add("direction", 0, &plan.flow.direction, "forward (the default), backward or both",
              "WORD");
  options.add("verbose", 'v', &verbose, "Say all that elements say of a failure");
  if (auto status = options.parse(argc, argv, 1)) return *status;
  plan.video = options.parameters()[0];
  plan.folder = folder.value_or("");
  if (auto wrong = problem(plan)) return options.usage_error(*wrong);

  gst_init(nullptr, nullptr);
  RunRecord record(plan.folder);
  record.set_command(argc, argv);
  return run(plan, record, verbose);
}

}  // namespace gsttorch
