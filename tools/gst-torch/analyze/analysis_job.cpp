// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/analyze/analysis_job.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <filesystem>

#include "lib/device/cuda_driver.h"
#include "lib/results/recorded_results.h"
#include "lib/results/results_directory.h"
#include "lib/results/results_layout.h"
#include "tools/gst-torch/analyze/disk_use.h"
#include "tools/gst-torch/analyze/run_manifest.h"
#include "tools/gst-torch/report/report.h"
#include "tools/gst-torch/report/report_data.h"
#include "tools/gst-torch/support/media_probe.h"
#include "tools/gst-torch/support/paths.h"
#include "tools/gst-torch/support/pipeline_run.h"
#include "tools/gst-torch/support/settings.h"

namespace gsttorch {
namespace {

constexpr std::uint64_t kSecond = 1000000000;
constexpr double kWholeShare = 0.9;          // lengths in headers are rough
constexpr std::uint64_t kManyFrames = 5000;  // the meter's file stays small

Result<void> check_outputs(const AnalysisPlan& plan) {
  if (auto writable = check_output_directory(plan.directory); !writable) return writable;
  if (auto same =
          ResultsDirectory::check_version(plan.directory, ResultsDirectory::Earlier::Replace);
      !same) {
    return same;
  }
  return check_output_files({{"--overlay", plan.overlay}}, {plan.video});
}

Result<VideoFacts> check_video(const AnalysisPlan& plan) {
  if (auto readable = check_input_file(plan.video); !readable) return readable.error();
  auto facts = probe_video(plan.video, plan.stream);
  if (!facts) return facts;
  if (auto writable = check_outputs(plan); !writable) return writable.error();
  return facts;
}

Result<RunManifest> make_record(const AnalysisPlan& plan, const JobOptions& options,
                                const VideoFacts& facts) {
  RunManifest record(plan.directory);
  record.set_command(options.command);
  record.set_input(plan.video, facts);
  for (const Stage* stage : plan.stages.stages()) {
    const std::string model = plan.stages.model(*stage);
    auto weights = model_weights(model);
    if (!weights) return weights.error();
    record.set_model(*stage, model, *weights);
  }
  record.set_identity(plan);
  return record;
}

/// A camera's results, for example, are not replaced without being asked.
Result<void> check_not_foreign(const AnalysisPlan& plan) {
  std::error_code ignored;
  if (read_run_manifest(plan.directory).is_object() ||
      !std::filesystem::exists(results_path(plan.directory), ignored)) {
    return {};
  }
  return Error{ErrorCode::BadArgument, plan.directory +
                                           " contains results that gst-torch analyze did not "
                                           "write: use another directory, or --again to replace "
                                           "them"};
}

enum class Earlier { Other, Unfinished, Finished };

/// What there is in the directory of a run that had the same to do.
Earlier inspect_directory(const AnalysisPlan& plan, const RunManifest& record) {
  const auto earlier = read_run_manifest(plan.directory);
  std::error_code ignored;
  const bool is_same = earlier.is_object() && earlier.contains("identity") &&
                       earlier["identity"] == record.identity() &&
                       std::filesystem::exists(results_path(plan.directory), ignored);
  if (!is_same) return Earlier::Other;
  const bool has_overlay = !plan.overlay || std::filesystem::exists(*plan.overlay, ignored);
  return earlier.value("status", "") == "complete" && has_overlay ? Earlier::Finished
                                                                  : Earlier::Unfinished;
}

/// How far back in the stream a result depends on frames; none: to its beginning.
std::optional<std::uint64_t> reach_back(const AnalysisPlan& plan, const VideoFacts& facts) {
  // A video of images cannot be resumed, and what limits the frames counts from the first.
  if (plan.overlay || plan.frames || facts.framerate_numerator <= 0) return std::nullopt;
  int frames = 0;
  for (const Stage* stage : plan.stages.stages()) {
    if (stage->frames_before == Stage::kAllFrames) return std::nullopt;
    frames = std::max(frames, stage->frames_before);
  }
  const auto duration = kSecond * static_cast<std::uint64_t>(facts.framerate_denominator) /
                        static_cast<std::uint64_t>(facts.framerate_numerator);
  return kSecond + static_cast<std::uint64_t>(frames) * duration;
}

/// What the run works on, besides the plan.
struct Run {
  VideoFacts facts;
  RunExtras extras;
  RunOptions options;
  std::uint64_t frames_before = 0;  ///< that are on record already
};

/// About how many frames there are, by the frame rate of the header.
std::optional<std::uint64_t> estimated_frames(const AnalysisPlan& plan, const VideoFacts& facts) {
  const auto all = facts.frames();
  if (!plan.frames) return all;
  const auto wanted = static_cast<std::uint64_t>(*plan.frames);
  return all ? std::min(*all, wanted) : wanted;
}

// Certain only where the user said when to stop, and the video is not shorter: frames need not come
// at the rate of the header.
std::optional<std::uint64_t> expected_frames(const AnalysisPlan& plan, const Run& run) {
  if (!plan.frames) return std::nullopt;
  const auto wanted = static_cast<std::uint64_t>(*plan.frames);
  if (run.facts.frames().value_or(wanted) < wanted || run.frames_before >= wanted) {
    return std::nullopt;
  }
  return wanted - run.frames_before;
}

Result<void> resume_run(const AnalysisPlan& plan, Run& run) {
  run.extras.resume = true;
  const auto recorded = read_recorded_results(plan.directory);
  if (!recorded) return recorded.error();
  if (!recorded->last || !recorded->last->pts) return {};
  Continuation continuation{*recorded->last->pts, std::nullopt};
  const auto reach = reach_back(plan, run.facts);
  if (reach && *reach < continuation.last_pts)
    continuation.seek_to = continuation.last_pts - *reach;
  run.frames_before = recorded->last->frame + 1;
  run.options.continuation = continuation;
  return {};
}

Result<RunOutcome> run_once(const AnalysisPlan& plan, const Run& run, RunManifest& record) {
  auto pipeline = parse_words(analysis_pipeline(plan, run.extras));
  if (!pipeline) return pipeline.error();
  record.set_pipeline(plan, *pipeline);
  if (auto written = record.write_started(); !written) return written.error();
  return run_analysis(*pipeline, run.options);
}

Result<RunOutcome> run_to_its_end(const AnalysisPlan& plan, Run& run, RunManifest& record) {
  auto outcome = run_once(plan, run, record);
  if (!outcome || !outcome->lost_its_place) return outcome;
  run.options.continuation->seek_to.reset();
  return run_once(plan, run, record);
}

// Demuxers end a file that was cut off in silence.
void warn_of_early_end(const AnalysisPlan& plan, const Run& run, const RunOutcome& outcome) {
  const bool is_whole = !outcome.error && outcome.signal == 0 && !expected_frames(plan, run);
  if (!is_whole || !run.options.video || outcome.end_ns == 0) return;
  const TimeRange& video = *run.options.video;
  if (video.share(outcome.end_ns) >= kWholeShare) return;
  const auto seconds = [&](std::uint64_t end) {
    return static_cast<double>(end - video.start) / 1e9;
  };
  std::fprintf(stderr, "gst-torch: warning: %s should last %.2f s, but only %.2f s could be read\n",
               plan.video.c_str(), seconds(video.end),
               seconds(std::max(video.start, outcome.end_ns)));
}

void print_summary(const AnalysisPlan& plan, const JobResult& result) {
  std::printf("%" PRIu64 " frames, %.1f ms per frame%s\n", result.frames, result.ms_per_frame,
              result.state == JobState::Interrupted ? " (interrupted)" : "");
  std::printf("results: %s\n", plan.directory.c_str());
  if (plan.overlay) std::printf("overlay: %s\n", plan.overlay->c_str());
}

void print_measurements(const std::string& directory) {
  const auto reports = read_meter_reports(directory);
  if (!reports.empty()) std::printf("\n%s\n", to_table(reports.back()).c_str());
}

JobResult failed(const Error& error) {
  JobResult result;
  result.error = error;
  return result;
}

JobState state_of(const RunOutcome& outcome, const Run& run) {
  if (outcome.error) return JobState::Failed;
  if (outcome.signal != 0) return JobState::Interrupted;
  return run.extras.resume ? JobState::Resumed : JobState::Done;
}

void make_report(const AnalysisPlan& plan, JobResult& result) {
  auto written = write_report(plan.directory);
  if (written) {
    std::printf("report: %s\n", report_path(plan.directory).c_str());
  } else if (!result.error) {
    result.state = JobState::Failed;
    result.error = written.error();
  }
}

JobResult run_job(const AnalysisPlan& plan, Run& run, RunManifest& record,
                  const JobOptions& options) {
  options.observer->on_phase(JobPhase::Analyzing);
  auto outcome = run_to_its_end(plan, run, record);
  if (!outcome) return failed(outcome.error());
  const std::uint64_t frames = run.frames_before + outcome->frames;
  if (frames == 0 && !outcome->error && outcome->signal == 0) {
    outcome->error = Error{ErrorCode::Corrupt, plan.video + " has no decodable frame"};
  }
  JobResult result{state_of(*outcome, run), frames, outcome->ms_per_frame(), outcome->error,
                   outcome->details};
  if (auto written = record.write_ended(*outcome, frames); !written) {
    return failed(outcome->error.value_or(written.error()));
  }
  if (!outcome->error) options.observer->on_phase(JobPhase::Reporting);
  warn_of_early_end(plan, run, *outcome);
  if (frames == 0) return result;
  print_summary(plan, result);
  make_report(plan, result);
  print_measurements(plan.directory);
  return result;
}

JobResult already_finished(const AnalysisPlan& plan) {
  JobResult result;
  result.state = JobState::Finished;
  const auto record = read_run_manifest(plan.directory);
  result.frames = record.value("frames", std::uint64_t{0});
  result.ms_per_frame = record.value("ms_per_frame", 0.0);
  std::printf("already finished: %s (use --again to analyze it again)\n", plan.directory.c_str());
  std::error_code ignored;
  if (!std::filesystem::exists(report_path(plan.directory), ignored)) make_report(plan, result);
  return result;
}

Run new_run(const AnalysisPlan& plan, const JobOptions& options, const VideoFacts& facts) {
  Run run;
  run.facts = facts;
  run.options.first_stage = plan.stages.stages().front()->element;
  run.options.observer = options.observer;
  run.options.verbose = options.verbose;
  if (facts.end_ns) run.options.video = TimeRange{facts.start_ns, *facts.end_ns};
  run.extras.meter_file = meter_reports_path(plan.directory);
  run.extras.frames_file = frame_times_path(plan.directory);
  if (Nvml::open()) run.extras.measure = "pipeline+process+gpu+reports";
  run.extras.meter_interval = facts.frames().value_or(0) > kManyFrames ? 10 : 1;
  return run;
}

}  // namespace

JobResult analyze_video(const AnalysisPlan& request, const JobOptions& options) {
  options.observer->on_phase(JobPhase::Probing);
  auto facts = check_video(request);
  if (!facts) return failed(facts.error());
  AnalysisPlan plan = request;
  plan.source = facts->source;
  const auto estimated = estimated_frames(plan, *facts);
  choose_flow_every(plan, estimated);
  auto record = make_record(plan, options, *facts);
  if (!record) return failed(record.error());
  if (auto own = options.again ? Result<void>() : check_not_foreign(plan); !own) {
    return failed(own.error());
  }
  const Earlier earlier = options.again ? Earlier::Other : inspect_directory(plan, *record);
  if (earlier == Earlier::Finished) return already_finished(plan);

  Run run = new_run(plan, options, *facts);
  std::printf("%s\n", shell_command(analysis_pipeline(plan)).c_str());
  if (earlier == Earlier::Unfinished) {
    if (auto resumed = resume_run(plan, run); !resumed) return failed(resumed.error());
    record->set_resumed_after(run.frames_before);
    std::printf("resuming after %" PRIu64 " frames\n", run.frames_before);
  }
  print_disk_use(plan.directory, estimate_disk_use(plan, *facts, {run.frames_before, estimated}));
  std::fflush(stdout);
  run.options.expected_frames = expected_frames(plan, run);
  return run_job(plan, run, *record, options);
}

}  // namespace gsttorch
