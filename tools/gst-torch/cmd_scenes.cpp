// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <cinttypes>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <gst/gst.h>

#include "lib/core/output_file.h"
#include "tools/gst-torch/commands.h"
#include "tools/gst-torch/media_probe.h"
#include "tools/gst-torch/options.h"
#include "tools/gst-torch/paths.h"
#include "tools/gst-torch/scene_scan.h"
#include "tools/gst-torch/split/split.h"

namespace gsttorch {
namespace {

struct ScenesCommand {
  std::string video;
  std::optional<std::string> output;
  std::optional<std::string> stats;
  std::optional<std::string> split;
  bool reencode = false;
  std::optional<std::string> threshold;
  SceneSettings settings;
};

// Sets the threshold; what is wrong with the word, if anything.
std::optional<std::string> read_threshold(ScenesCommand& command) {
  if (!command.threshold) return std::nullopt;
  gchar* end = nullptr;
  const double value = g_ascii_strtod(command.threshold->c_str(), &end);
  if (command.threshold->empty() || *end || !(value >= 0.01 && value <= 0.99)) {
    return "--threshold is a number from 0.01 to 0.99, not \"" + *command.threshold + "\"";
  }
  command.settings.threshold = value;
  return std::nullopt;
}

Result<void> check_outputs(const ScenesCommand& command) {
  for (const auto& output : {command.output, command.stats}) {
    if (!output) continue;
    if (auto writable = check_output_file(*output); !writable) return writable;
    if (auto other = check_not_input(*output, command.video); !other) return other;
  }
  return command.split ? check_split_folder(*command.split, command.video) : Result<void>();
}

Result<void> write_text(const std::string& path, const std::string& text) {
  return write_whole_file(
      path, [&text](OutputFile& file) { return file.write(text.data(), text.size()); });
}

double frames_per_second(const VideoFacts& facts) {
  if (facts.framerate_numerator <= 0 || facts.framerate_denominator <= 0) return 25;
  return static_cast<double>(facts.framerate_numerator) / facts.framerate_denominator;
}

// In the format that the name ends with.
std::string list_text(const std::string& output, const std::vector<Scene>& scenes,
                      const std::string& video, const VideoFacts& facts) {
  if (output.ends_with(".json")) return scenes_to_json(scenes);
  if (output.ends_with(".edl")) {
    const std::string title = std::filesystem::path(video).stem().string();
    return scenes_to_edl(scenes, title, frames_per_second(facts));
  }
  return scenes_to_csv(scenes);
}

Result<void> write_list(const ScenesCommand& command, const SceneScan& scan,
                        const VideoFacts& facts) {
  const std::string text =
      list_text(command.output.value_or(""), scan.scenes, command.video, facts);
  if (!command.output) {
    // The standard output is a list, or tells how the splitting went.
    if (!command.split) std::fputs(text.c_str(), stdout);
    return {};
  }
  if (auto written = write_text(*command.output, text); !written) return written;
  std::printf("%zu shots in %zu frames: %s\n", scan.scenes.size(), scan.scores.size(),
              command.output->c_str());
  return {};
}

Result<std::vector<std::int64_t>> frame_times(const SceneScan& scan, const std::string& video) {
  std::vector<std::int64_t> times;
  for (const SceneScore& frame : scan.scores) {
    if (!frame.running_time || (!times.empty() && *frame.running_time <= times.back())) {
      return Error{ErrorCode::Corrupt, "cannot split " + video + ": frame " +
                                           std::to_string(frame.frame + 1) +
                                           " has no time after that of the frame before"};
    }
    times.push_back(*frame.running_time);
  }
  return times;
}

void report_moved(const MovedCut& cut, const std::vector<std::int64_t>& times) {
  const auto time = [&](std::uint64_t frame) {
    return timecode(static_cast<std::uint64_t>(times[frame] - times[0]));
  };
  std::printf("shot %zu begins at frame %" PRIu64 " (%s), ", cut.shot + 1, cut.frame + 1,
              time(cut.frame).c_str());
  if (!cut.moved_to) {
    std::printf("has no key frame, and is in the file before\n");
    return;
  }
  std::printf("its file at the next key frame: frame %" PRIu64 " (%s), %" PRIu64 " later\n",
              *cut.moved_to + 1, time(*cut.moved_to).c_str(), *cut.moved_to - cut.frame);
}

Result<void> split(const ScenesCommand& command, const SceneScan& scan, const VideoFacts& facts) {
  if (!command.split) return {};
  auto times = frame_times(scan, command.video);
  if (!times) return times.error();
  SplitRequest request{command.video, facts, *command.split, {}, {}, std::move(*times)};
  if (command.reencode) request.method = SplitMethod::Reencode;
  for (const Scene& scene : scan.scenes) request.shots.push_back(scene.first_frame);
  const auto outcome = split_video(request);
  if (!outcome) return outcome.error();
  for (const MovedCut& cut : outcome->plan.moved) report_moved(cut, request.frame_times);
  for (const std::string& stream : outcome->left_out) {
    std::printf("sound that does not fit into the files is left out: %s\n", stream.c_str());
  }
  std::printf("%zu shots in %zu files: %s", scan.scenes.size(), outcome->files.size(),
              outcome->files.front().c_str());
  if (outcome->files.size() > 1) std::printf(" to %s", outcome->files.back().c_str());
  std::printf("\n");
  return {};
}

Result<void> write_outputs(const ScenesCommand& command, const SceneScan& scan,
                           const VideoFacts& facts) {
  if (command.stats) {
    const auto written = write_text(*command.stats, scores_to_csv(scan.scores));
    if (!written) return written;
  }
  if (auto written = write_list(command, scan, facts); !written) return written;
  return split(command, scan, facts);
}

int run(const ScenesCommand& command) {
  if (auto checked = check_outputs(command); !checked) return fail(checked.error());
  const auto facts = probe_video(command.video);
  if (!facts) return fail(facts.error());
  const auto scan = scan_scenes(command.video, command.settings);
  if (!scan) return fail(scan.error());
  const auto written = write_outputs(command, *scan, *facts);
  return written ? kOk : fail(written.error());
}

constexpr Options::Description kDescription = {
    "VIDEO",
    "Finds the shots of a video, and writes where each begins and ends, with the columns of\n"
    "PySceneDetect's lists: frames are counted from 1.",
    "Examples:\n"
    "  gst-torch scenes video.mp4 -o scenes.csv --stats scores.csv\n"
    "  gst-torch scenes video.mp4 -o scenes.edl --model transnetv2\n"
    "  gst-torch scenes video.mp4 --split shots --reencode\n\n"
    "Exit status: 0 done, 1 failed, 2 wrong usage.",
};

}  // namespace

int cmd_scenes(int argc, char** argv) {
  ScenesCommand command;
  Options options("scenes", kDescription);
  options.add("output", 'o', &command.output,
              "Write the list into this file: .json or .edl, else CSV (absent: CSV on the standard "
              "output)",
              "FILE");
  options.add("stats", 0, &command.stats, "Write the score of every frame into this file",
              "FILE.csv");
  options.add("split", 0, &command.split,
              "Write each shot into a file of its own in this folder, without encoding it anew: "
              "from a key frame on",
              "DIR");
  options.add("reencode", 0, &command.reencode,
              "With --split: encode anew, so that each file begins exactly where its shot does");
  options.add("model", 0, &command.settings.model,
              "resnet18, resnet18-lite, transnetv2, or a file of weights", "NAME");
  options.add("device", 0, &command.settings.device, "auto, cpu, cuda or cuda:N", "DEVICE");
  options.add("threshold", 0, &command.threshold,
              "Score from which on a frame begins a shot, 0.01 to 0.99 (0.5)", "NUMBER");
  if (auto status = options.parse(argc, argv, 1)) return *status;
  command.video = options.parameters()[0];
  if (auto wrong = read_threshold(command)) return options.usage_error(*wrong);
  if (command.reencode && !command.split) {
    return options.usage_error("--reencode is only for --split");
  }

  gst_init(nullptr, nullptr);
  return run(command);
}

}  // namespace gsttorch
