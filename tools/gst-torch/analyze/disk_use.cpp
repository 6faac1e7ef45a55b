// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/analyze/disk_use.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "lib/formats/flow_file.h"
#include "tools/gst-torch/report/report.h"
#include "tools/gst-torch/support/html.h"

namespace gsttorch {
namespace {

constexpr char kFlowEvery[] = "flow-every";
constexpr std::uint64_t kEveryOfUnknown = 250;  // frames: an hour has a few hundred files
constexpr std::uint64_t kRecordBytes = 1000;    // of a frame in results.jsonl and frames.jsonl
constexpr std::uint64_t kCsvBytes = 48;         // of a match
constexpr std::uint64_t kNpzBytes = 24;
constexpr int kCell = 8;  // pixels of the coarse grid, which has one match at most per cell

const Stage* find_stage(const AnalysisPlan& plan, const std::string& name) {
  for (const Stage* stage : plan.stages.stages()) {
    if (name == stage->name) return stage;
  }
  return nullptr;
}

std::string text_of(const AnalysisPlan& plan, const Stage& stage, const char* property,
                    const char* otherwise) {
  const std::string* given = plan.stages.given(stage, property);
  return given ? *given : otherwise;
}

std::uint64_t number_of(const AnalysisPlan& plan, const Stage& stage, const char* property,
                        const char* otherwise) {
  return std::strtoull(text_of(plan, stage, property, otherwise).c_str(), nullptr, 10);
}

// The first frame of a video has neither flow nor matches.
std::uint64_t files_of(std::uint64_t end, std::uint64_t every) {
  return every > 0 && end > 0 ? (end - 1) / every : 0;
}

std::uint64_t files_of(const FrameRange& run, std::uint64_t every) {
  const std::uint64_t end = std::max(run.before, run.end.value_or(0));
  return files_of(end, every) - files_of(run.before, every);
}

// Of both directions, there is also a confidence for each pixel.
std::uint64_t flow_bytes(const AnalysisPlan& plan, const Stage& flow, const VideoFacts& facts) {
  const std::uint64_t file = flow_file_bytes(facts.width, facts.height);
  const bool is_both = text_of(plan, flow, "direction", "forward") == "both";
  return is_both ? 2 * file + file / 2 : file;
}

std::uint64_t match_bytes(const AnalysisPlan& plan, const Stage& matches, const VideoFacts& facts) {
  const std::string format = text_of(plan, matches, "match-file-format", "csv");
  if (format == "none") return 0;
  const auto most = static_cast<double>(number_of(plan, matches, "max-size", "0"));
  const double side = std::max(facts.width, facts.height);
  const double cell = kCell * (most > 0 ? std::max(1.0, side / most) : 1.0);
  auto count =
      static_cast<std::uint64_t>(std::ceil(facts.width / cell) * std::ceil(facts.height / cell));
  if (const auto limit = number_of(plan, matches, "max-matches", "0")) {
    count = std::min(count, limit);
  }
  return count * (format == "csv" ? kCsvBytes : kNpzBytes);
}

std::string format_part(std::uint64_t files, std::uint64_t bytes, const char* what) {
  if (files == 0 || bytes == 0) return "";
  return format_bytes(static_cast<double>(files * bytes)) + " of " + what + " (" +
         std::to_string(files) + (files == 1 ? " frame), " : " frames), ");
}

}  // namespace

void choose_flow_every(AnalysisPlan& plan, std::optional<std::uint64_t> frames) {
  const Stage* flow = find_stage(plan, "flow");
  if (!flow || plan.stages.given(*flow, kFlowEvery)) return;
  const std::uint64_t pairs = frames.value_or(0) > 0 ? *frames - 1 : 0;
  const std::uint64_t every = (pairs + kContactSheetFrames - 1) / kContactSheetFrames;
  plan.stages.set(*flow, kFlowEvery,
                  std::to_string(frames ? std::max<std::uint64_t>(1, every) : kEveryOfUnknown));
}

DiskUse estimate_disk_use(const AnalysisPlan& plan, const VideoFacts& facts,
                          const FrameRange& run) {
  DiskUse use;
  if (!run.end) {
    use.text = "unknown, as the number of frames is unknown";
    return use;
  }
  if (const Stage* flow = find_stage(plan, "flow")) {
    const std::uint64_t files = files_of(run, number_of(plan, *flow, kFlowEvery, "1"));
    const std::uint64_t bytes = flow_bytes(plan, *flow, facts);
    use.bytes += files * bytes;
    use.text += format_part(files, bytes, "flow");
  }
  if (const Stage* matches = find_stage(plan, "matches")) {
    const std::uint64_t files = files_of(run, number_of(plan, *matches, "match-every", "1"));
    const std::uint64_t bytes = match_bytes(plan, *matches, facts);
    use.bytes += files * bytes;
    const std::string part = format_part(files, bytes, "matches");
    if (!part.empty()) use.text += "at most " + part;
  }
  const std::uint64_t records = (std::max(run.before, *run.end) - run.before) * kRecordBytes;
  use.bytes += records;
  use.text += "about " + format_bytes(static_cast<double>(records)) + " of records";
  return use;
}

void print_disk_use(const std::string& directory, const DiskUse& use) {
  std::printf("disk space: %s\n", use.text.c_str());
  std::error_code failure;
  const std::filesystem::space_info space = std::filesystem::space(directory, failure);
  if (failure || use.bytes <= space.available) return;
  std::fflush(stdout);
  std::fprintf(stderr,
               "gst-torch: warning: the results can take %s, but %s has only %s of free space: use "
               "a larger --flow-every or --match-every\n",
               format_bytes(static_cast<double>(use.bytes)).c_str(), directory.c_str(),
               format_bytes(static_cast<double>(space.available)).c_str());
}

}  // namespace gsttorch
