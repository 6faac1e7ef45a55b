// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/analyze/worker.h"

#include <cstdio>
#include <filesystem>

#include <poll.h>
#include <unistd.h>

#include "lib/gst/gsttorchruntime.h"
#include "tools/gst-torch/analyze/crash_report.h"
#include "tools/gst-torch/analyze/line_buffer.h"
#include "tools/gst-torch/analyze/worker_protocol.h"
#include "tools/gst-torch/support/exit_status.h"
#include "tools/gst-torch/support/interrupt.h"

namespace gsttorch {
namespace {

namespace fs = std::filesystem;

constexpr int kPollMs = 100;

/// Keeps models loaded between two videos.
class ResidentModels {
 public:
  ResidentModels() : runtime_(gst_torch_runtime_get()) {
    g_object_set(runtime_, "grace-time", gint64{3600} * GST_SECOND, nullptr);
  }
  ~ResidentModels() {
    gst_torch_runtime_trim(runtime_);
    gst_object_unref(runtime_);
  }
  ResidentModels(const ResidentModels&) = delete;
  ResidentModels& operator=(const ResidentModels&) = delete;

 private:
  GstTorchRuntime* runtime_;
};

class Announcer : public JobObserver {
 public:
  void on_phase(JobPhase phase) override { std::fputs(phase_line(phase).c_str(), stdout); }
  void on_progress(const ProgressState& progress) override {
    std::fputs(progress_line(progress, counters.decoded).c_str(), stdout);
  }
};

/// The next line of the standard input; nothing at its end, or after an Interrupt.
std::optional<std::string> next_line(LineBuffer& input) {
  while (Interrupt::signal() == 0) {
    if (auto line = input.next()) return line;
    pollfd readable{STDIN_FILENO, POLLIN, 0};
    if (poll(&readable, 1, kPollMs) > 0 && !input.read_from(STDIN_FILENO)) break;
  }
  return std::nullopt;
}

AnalysisPlan plan_for(const WorkerJob& job, const AnalysisPlan& common) {
  AnalysisPlan plan = common;
  plan.video = job.video;
  const fs::path name = fs::path(job.video).filename();
  plan.directory =
      job.directory.empty() ? (fs::path(common.directory) / name).string() : job.directory;
  if (!job.overlay.empty()) {
    plan.overlay = job.overlay;
  } else if (common.overlay) {
    plan.overlay = (fs::path(plan.directory) / *common.overlay).string();
  }
  return plan;
}

/// The command that gives the results of this video alone.
std::vector<std::string> command_for(const AnalysisPlan& plan, const WorkerOptions& options) {
  std::vector<std::string> command{"analyze", plan.video, "--output=" + plan.directory};
  if (plan.overlay) command.push_back("--overlay=" + *plan.overlay);
  command.insert(command.end(), options.words.begin(), options.words.end());
  return command;
}

}  // namespace

int run_worker(const AnalysisPlan& common, const WorkerOptions& options) {
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);  // whole lines, at once
  static auto& announcer = *new Announcer();      // outlives all threads
  report_crashes(&announcer.counters);
  const Interrupt interrupt(Interrupt::Second::IsTheSame);
  const ResidentModels kept;
  LineBuffer input;
  while (const auto line = next_line(input)) {
    const AnalysisPlan plan = plan_for(parse_job(*line), common);
    const JobOptions job{&announcer, command_for(plan, options), options.again, options.verbose};
    const JobResult result = analyze_video(plan, job);
    std::fputs(result_line(plan.video, to_outcome(result)).c_str(), stdout);
  }
  return Interrupt::signal() == 0 ? kOk : interrupted_status(Interrupt::signal());
}

}  // namespace gsttorch
