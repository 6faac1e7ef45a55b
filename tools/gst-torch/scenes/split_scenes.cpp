// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/scenes/split_scenes.h"

#include <cinttypes>
#include <cstdio>

namespace gsttorch {
namespace {

Result<std::vector<std::int64_t>> frame_times(const SceneScan& scan, const std::string& video) {
  std::vector<std::int64_t> times;
  for (const ShotScore& frame : scan.scores) {
    if (!frame.running_time || (!times.empty() && *frame.running_time <= times.back())) {
      return Error{ErrorCode::Corrupt, "cannot split " + video + ": frame " +
                                           std::to_string(frame.frame + 1) +
                                           " has no timestamp, or its timestamp is not later than "
                                           "the one of the previous frame: convert it to a "
                                           "constant frame rate (ffmpeg: -fps_mode cfr)"};
    }
    times.push_back(*frame.running_time);
  }
  return times;
}

void report_moved(const MovedCut& cut, const SceneScan& scan, std::FILE* out) {
  const auto time = [&](std::uint64_t frame) {
    return timecode(scan.scores[frame].time.value_or(0));
  };
  std::fprintf(out, "shot %zu begins at frame %" PRIu64 " (%s), but ", cut.shot + 1, cut.frame + 1,
               time(cut.frame).c_str());
  if (!cut.moved_to) {
    std::fprintf(out, "has no key frame: it is in the file of the previous shot\n");
    return;
  }
  std::fprintf(out,
               "its file begins at the next key frame, frame %" PRIu64 " (%s), %" PRIu64
               " frames later\n",
               *cut.moved_to + 1, time(*cut.moved_to).c_str(), *cut.moved_to - cut.frame);
}

void report(const SplitOutcome& outcome, const SplitRequest& request, const SceneScan& scan,
            std::FILE* out) {
  for (const MovedCut& cut : outcome.plan.moved) report_moved(cut, scan, out);
  for (const std::string& stream : outcome.left_out) {
    std::fprintf(out, "left out an audio stream that the container cannot hold: %s\n",
                 stream.c_str());
  }
  std::fprintf(out, "%zu shots in %zu files: %s", request.shots.size(), outcome.files.size(),
               outcome.files.front().c_str());
  if (outcome.files.size() > 1) std::fprintf(out, " to %s", outcome.files.back().c_str());
  std::fprintf(out, "\n");
}

}  // namespace

Result<void> split_scenes(SplitRequest request, const SplitSource& source, const SceneScan& scan,
                          std::FILE* out) {
  auto times = frame_times(scan, request.video);
  if (!times) return times.error();
  request.frame_times = std::move(*times);
  for (const Shot& shot : scan.shots) request.shots.push_back(shot.first_frame);
  const auto outcome = split_video(request, source);
  if (!outcome) return outcome.error();
  report(*outcome, request, scan, out);
  return {};
}

}  // namespace gsttorch
