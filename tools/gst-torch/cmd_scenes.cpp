// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
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

namespace gsttorch {
namespace {

struct ScenesCommand {
  std::string video;
  std::optional<std::string> output;
  std::optional<std::string> stats;
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
  return {};
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

int run(const ScenesCommand& command) {
  if (auto checked = check_outputs(command); !checked) return fail(checked.error());
  const auto facts = probe_video(command.video);
  if (!facts) return fail(facts.error());
  const auto scan = scan_scenes(command.video, command.settings);
  if (!scan) return fail(scan.error());
  if (command.stats) {
    const auto written = write_text(*command.stats, scores_to_csv(scan->scores));
    if (!written) return fail(written.error());
  }
  const std::string text =
      list_text(command.output.value_or(""), scan->scenes, command.video, *facts);
  if (!command.output) {
    std::fputs(text.c_str(), stdout);
    return kOk;
  }
  if (auto written = write_text(*command.output, text); !written) return fail(written.error());
  std::printf("%zu shots in %zu frames: %s\n", scan->scenes.size(), scan->scores.size(),
              command.output->c_str());
  return kOk;
}

constexpr Options::Description kDescription = {
    "VIDEO",
    "Finds the shots of a video, and writes where each begins and ends, with the columns of\n"
    "PySceneDetect's lists: frames are counted from 1.",
    "Examples:\n"
    "  gst-torch scenes video.mp4 -o scenes.csv --stats scores.csv\n"
    "  gst-torch scenes video.mp4 -o scenes.edl --model transnetv2\n\n"
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
  options.add("model", 0, &command.settings.model,
              "resnet18, resnet18-lite, transnetv2, or a file of weights", "NAME");
  options.add("device", 0, &command.settings.device, "auto, cpu, cuda or cuda:N", "DEVICE");
  options.add("threshold", 0, &command.threshold,
              "Score from which on a frame begins a shot, 0.01 to 0.99 (0.5)", "NUMBER");
  if (auto status = options.parse(argc, argv, 1)) return *status;
  command.video = options.parameters()[0];
  if (auto wrong = read_threshold(command)) return options.usage_error(*wrong);

  gst_init(nullptr, nullptr);
  return run(command);
}

}  // namespace gsttorch
