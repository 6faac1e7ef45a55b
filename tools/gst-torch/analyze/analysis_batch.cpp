// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/analyze/analysis_batch.h"

#include <cinttypes>
#include <cstdio>
#include <filesystem>
#include <set>

#include "lib/gst/gsttorchruntime.h"
#include "lib/results/results_layout.h"
#include "tools/gst-torch/report/index_page.h"
#include "tools/gst-torch/support/commands.h"
#include "tools/gst-torch/support/interrupt.h"
#include "tools/gst-torch/support/options.h"
#include "tools/gst-torch/support/paths.h"

namespace gsttorch {
namespace {

namespace fs = std::filesystem;

fs::path identity(const std::string& video) {
  std::error_code ignored;
  const fs::path path = fs::weakly_canonical(video, ignored);
  return path.empty() ? fs::path(video) : path;
}

/// A name that no other input of the call has.
std::string directory_name(const std::string& video, std::set<std::string>& taken) {
  const std::string name = fs::path(video).filename().string();
  std::string unique = name;
  for (int number = 2; !taken.insert(unique).second; number++) {
    unique = name + "-" + std::to_string(number);
  }
  return unique;
}

const char* format_state(JobState state) {
  switch (state) {
    case JobState::Done:
      return "done";
    case JobState::Resumed:
      return "resumed";
    case JobState::Finished:
      return "already done";
    case JobState::Interrupted:
      return "interrupted";
    case JobState::Failed:
      break;
  }
  return "failed";
}

void print_table(const std::vector<AnalysisPlan>& plans, const std::vector<JobResult>& results) {
  std::printf("\n%-14s %8s %10s  %s\n", "state", "frames", "ms/frame", "video");
  for (std::size_t i = 0; i < plans.size(); i++) {
    if (i >= results.size()) {
      std::printf("%-14s %8s %10s  %s\n", "not started", "-", "-", plans[i].video.c_str());
      continue;
    }
    const JobResult& result = results[i];
    std::printf("%-14s %8" PRIu64 " ", format_state(result.state), result.frames);
    if (result.ms_per_frame > 0) {
      std::printf("%10.1f", result.ms_per_frame);
    } else {
      std::printf("%10s", "-");
    }
    std::printf("  %s\n", plans[i].video.c_str());
  }
}

void say_failure(const JobResult& result, bool verbose) {
  fail(*result.error);
  if (verbose && !result.details.empty()) std::fprintf(stderr, "%s\n", result.details.c_str());
}

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

std::vector<JobResult> run_jobs(const std::vector<AnalysisPlan>& plans, const JobOptions& options) {
  const ResidentModels kept;
  std::vector<JobResult> results;
  for (const AnalysisPlan& plan : plans) {
    if (Interrupt::signal() != 0) break;
    if (plans.size() > 1) {
      std::printf("[%zu/%zu] %s\n", results.size() + 1, plans.size(), plan.video.c_str());
      std::fflush(stdout);
    }
    results.push_back(analyze_video(plan, options));
    if (results.back().error) say_failure(results.back(), options.verbose);
  }
  return results;
}

std::vector<IndexEntry> index_entries(const std::vector<AnalysisPlan>& plans,
                                      const std::vector<JobResult>& results) {
  std::vector<IndexEntry> entries;
  for (std::size_t i = 0; i < plans.size(); i++) {
    IndexEntry entry{plans[i].video, plans[i].directory, "not started", ""};
    if (i < results.size()) {
      entry.state = format_state(results[i].state);
      if (results[i].error) entry.error = results[i].error->message;
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

int batch_status(const std::vector<JobResult>& results) {
  if (Interrupt::signal() != 0) return interrupted_status(Interrupt::signal());
  for (const JobResult& result : results) {
    if (result.error) return exit_status(result.error->code);
  }
  return kOk;
}

}  // namespace

std::vector<AnalysisPlan> plans_for(const std::vector<std::string>& videos,
                                    const AnalysisPlan& common) {
  std::vector<std::string> different;
  std::set<fs::path> seen;
  for (const std::string& video : videos) {
    if (seen.insert(identity(video)).second) different.push_back(video);
  }
  std::vector<AnalysisPlan> plans;
  std::set<std::string> taken;
  for (const std::string& video : different) {
    AnalysisPlan plan = common;
    plan.video = video;
    if (videos.size() > 1) {
      plan.directory = (fs::path(common.directory) / directory_name(video, taken)).string();
      if (plan.overlay) plan.overlay = (fs::path(plan.directory) / *plan.overlay).string();
    }
    plans.push_back(std::move(plan));
  }
  return plans;
}

int analyze_all(const std::vector<AnalysisPlan>& plans, const std::string& directory,
                const JobOptions& options) {
  if (auto ready = check_needs(plans.front()); !ready) return fail(ready.error());
  const bool has_directories_of_their_own = plans.front().directory != directory;
  if (has_directories_of_their_own) {
    if (auto writable = check_output_directory(directory); !writable) return fail(writable.error());
  }
  const std::vector<JobResult> results = run_jobs(plans, options);
  const int status = batch_status(results);
  if (!has_directories_of_their_own) return status;
  print_table(plans, results);
  auto written = write_index(directory, index_entries(plans, results));
  if (!written) return fail(written.error());
  std::printf("\nreports: %s\n", index_path(directory).c_str());
  return status;
}

}  // namespace gsttorch
