// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/analyze/analysis_batch.h"

#include <cinttypes>
#include <cstdio>
#include <filesystem>
#include <set>

#include "lib/results/results_layout.h"
#include "tools/gst-torch/report/index_page.h"
#include "tools/gst-torch/support/commands.h"
#include "tools/gst-torch/support/interrupt.h"
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

void print_table(const std::vector<AnalysisPlan>& plans, const Outcomes& outcomes) {
  std::printf("\n%-14s %8s %10s  %s\n", "state", "frames", "ms/frame", "video");
  for (std::size_t i = 0; i < plans.size(); i++) {
    if (!outcomes[i]) {
      std::printf("%-14s %8s %10s  %s\n", "not started", "-", "-", plans[i].video.c_str());
      continue;
    }
    const VideoOutcome& outcome = *outcomes[i];
    std::printf("%-14s %8" PRIu64 " ", state_name(outcome.state), outcome.frames);
    if (outcome.ms_per_frame > 0) {
      std::printf("%10.1f", outcome.ms_per_frame);
    } else {
      std::printf("%10s", "-");
    }
    std::printf("  %s\n", plans[i].video.c_str());
  }
}

std::vector<IndexEntry> index_entries(const std::vector<AnalysisPlan>& plans,
                                      const Outcomes& outcomes) {
  std::vector<IndexEntry> entries;
  for (std::size_t i = 0; i < plans.size(); i++) {
    IndexEntry entry{plans[i].video, plans[i].directory, "not started", ""};
    if (outcomes[i]) {
      entry.state = state_name(outcomes[i]->state);
      entry.error = outcomes[i]->error;
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

int batch_status(const Outcomes& outcomes) {
  if (Interrupt::signal() != 0) return interrupted_status(Interrupt::signal());
  for (const auto& outcome : outcomes) {
    if (outcome && !outcome->error.empty()) return outcome->exit_status;
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
                const SupervisorOptions& options) {
  if (auto ready = check_needs(plans.front()); !ready) return fail(ready.error());
  const bool has_directories_of_their_own = plans.front().directory != directory;
  if (has_directories_of_their_own) {
    if (auto writable = check_output_directory(directory); !writable) return fail(writable.error());
  }
  const Outcomes outcomes = run_workers(plans, options);
  const int status = batch_status(outcomes);
  if (!has_directories_of_their_own) return status;
  print_table(plans, outcomes);
  auto written = write_index(directory, index_entries(plans, outcomes));
  if (!written) return fail(written.error());
  std::printf("\nreports: %s\n", index_path(directory).c_str());
  return status;
}

}  // namespace gsttorch
