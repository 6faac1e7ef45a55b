// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <vector>

#include <gst/gst.h>

#include "lib/formats/output_file.h"
#include "tools/gst-torch/scenes/contact_sheet.h"
#include "tools/gst-torch/scenes/scene_scan.h"
#include "tools/gst-torch/scenes/score_plot.h"
#include "tools/gst-torch/scenes/split_scenes.h"
#include "tools/gst-torch/support/commands.h"
#include "tools/gst-torch/support/interrupt.h"
#include "tools/gst-torch/support/media_probe.h"
#include "tools/gst-torch/support/options.h"
#include "tools/gst-torch/support/paths.h"
#include "tools/gst-torch/support/stages.h"
#include "tools/gst-torch/support/watchdog.h"

namespace gsttorch {
namespace {

constexpr int kStallTimeoutS = 60;

struct ScenesCommand {
  std::string video;
  std::optional<std::string> output;
  std::optional<std::string> stats;
  std::optional<std::string> split;
  bool reencode = false;
  std::optional<std::string> sheet;
  std::optional<std::string> plot;
  std::optional<std::string> threshold;
  std::optional<int> stream;
  std::optional<int> stall_timeout;  // seconds
  ShotSettings settings;

  /// Whether there is a summary for people, instead of the list on the standard output.
  bool prints_summary() const { return output || split; }
  std::vector<OutputOption> files() const {
    return {{"-o", output}, {"--stats", stats}, {"--plot", plot}, {"--sheet", sheet}};
  }
  std::FILE* summary() const { return summary_stream(files()); }
};

bool ends_with_one_of(const std::string& name, std::initializer_list<const char*> endings) {
  return std::any_of(endings.begin(), endings.end(),
                     [&name](const char* ending) { return name.ends_with(ending); });
}

// What is wrong with the options, if anything.
std::optional<std::string> wrong_options(const ScenesCommand& command) {
  if (auto wrong = stream_problem(command.stream)) return wrong;
  if (command.reencode && !command.split) return "--reencode requires --split";
  if (command.stall_timeout && *command.stall_timeout < 0) {
    return "--stall-timeout must not be negative";
  }
  if (command.sheet && !ends_with_one_of(*command.sheet, {".png", ".jpg", ".jpeg"})) {
    return "--sheet must end in .png or .jpg, not \"" + *command.sheet + "\"";
  }
  if (command.plot && !ends_with_one_of(*command.plot, {".png", ".svg"})) {
    return "--plot must end in .png or .svg, not \"" + *command.plot + "\"";
  }
  return std::nullopt;
}

// Sets the threshold; what is wrong with the word, if anything.
std::optional<std::string> read_threshold(ScenesCommand& command) {
  if (!command.threshold) return std::nullopt;
  gchar* end = nullptr;
  const double value = g_ascii_strtod(command.threshold->c_str(), &end);
  if (command.threshold->empty() || *end || !(value >= 0.01 && value <= 0.99)) {
    return "--threshold must be from 0.01 to 0.99, not \"" + *command.threshold + "\"";
  }
  command.settings.threshold = value;
  return std::nullopt;
}

Result<void> check_outputs(const ScenesCommand& command) {
  if (auto good = check_output_files(command.files(), {command.video}); !good) return good;
  return command.split ? check_split_directory(*command.split, command.video) : Result<void>();
}

double frames_per_second(const VideoFacts& facts) {
  if (facts.framerate_numerator <= 0 || facts.framerate_denominator <= 0) return 25;
  return static_cast<double>(facts.framerate_numerator) / facts.framerate_denominator;
}

// In the format that the name ends with.
std::string format_list(const std::string& output, const SceneScan& scan, const std::string& video,
                        const VideoFacts& facts) {
  const std::vector<Shot>& shots = scan.shots;
  if (output.ends_with(".json")) return shots_to_json(shots, scan.model);
  if (output.ends_with(".edl")) {
    const std::string title = std::filesystem::path(video).stem().string();
    return shots_to_edl(shots, title, frames_per_second(facts));
  }
  return shots_to_csv(shots);
}

Result<void> write_list(const ScenesCommand& command, const SceneScan& scan,
                        const VideoFacts& facts) {
  const std::string text = format_list(command.output.value_or(""), scan, command.video, facts);
  if (!command.output) {
    const bool is_free = command.summary() == stdout;
    if (is_free && !command.prints_summary()) std::fputs(text.c_str(), stdout);
    return {};
  }
  const std::string path = output_path(*command.output);
  if (auto written = write_whole_file(path, text); !written) return written;
  std::fprintf(command.summary(), "%zu shots in %zu frames, found by %s: %s\n", scan.shots.size(),
               scan.scores.size(), scan.model.c_str(), command.output->c_str());
  return {};
}

Result<void> draw_sheet(const ScenesCommand& command, const SceneScan& scan,
                        const VideoFacts& facts) {
  const auto pages = write_contact_sheet({command.video, facts, *command.sheet}, scan);
  if (!pages) return pages.error();
  if (pages->size() < 2 || !command.prints_summary()) return {};
  std::fprintf(command.summary(), "%zu pages of the contact sheet: %s to %s\n", pages->size(),
               pages->front().c_str(), pages->back().c_str());
  return {};
}

// Of what --split asks for; nothing without it.
struct Split {
  SplitRequest request;
  SplitSource source;
};

Result<std::optional<Split>> prepare(const ScenesCommand& command, const VideoFacts& facts) {
  if (!command.split) return std::optional<Split>();
  SplitRequest request{command.video, facts, *command.split};
  if (command.reencode) request.method = SplitMethod::Reencode;
  auto source = prepare_split(request);
  if (!source) return source.error();
  return std::optional<Split>({std::move(request), std::move(*source)});
}

Result<void> write_outputs(const ScenesCommand& command, const SceneScan& scan,
                           const VideoFacts& facts) {
  if (command.stats) {
    const std::string path = output_path(*command.stats);
    if (auto written = write_whole_file(path, scores_to_csv(scan.scores)); !written) return written;
  }
  if (command.plot) {
    const std::string title = std::filesystem::path(command.video).filename().string();
    if (auto drawn = write_score_plot(*command.plot, scan, title); !drawn) return drawn;
  }
  if (auto written = write_list(command, scan, facts); !written) return written;
  if (command.sheet) {
    if (auto drawn = draw_sheet(command, scan, facts); !drawn) return drawn;
  }
  return {};
}

Result<void> work(const ScenesCommand& command) {
  if (auto readable = check_input_file(command.video); !readable) return readable;
  if (auto checked = check_outputs(command); !checked) return checked;
  const auto facts = probe_video(command.video, command.stream);
  if (!facts) return facts.error();
  const auto split = prepare(command, *facts);
  if (!split) return split.error();
  const auto scan = scan_scenes(command.video, facts->source, command.settings);
  if (!scan) return scan.error();
  if (auto written = write_outputs(command, *scan, *facts); !written || !*split) return written;
  return split_scenes((*split)->request, (*split)->source, *scan, command.summary());
}

int run(const ScenesCommand& command) {
  const Interrupt interrupt;
  const Watchdog watchdog("cannot finish " + command.video,
                          std::chrono::seconds(command.stall_timeout.value_or(kStallTimeoutS)));
  const auto done = work(command);
  if (done) return kOk;
  if (done.error().code != ErrorCode::Cancelled) return fail(done.error());
  std::fputs("gst-torch: interrupted\n", stderr);
  return interrupted_status(Interrupt::signal());
}

constexpr Options::Description kDescription = {
    "VIDEO",
    "Finds the shots of a video and lists where each begins and ends. The CSV list has the "
    "columns of\n"
    "PySceneDetect and counts frames from 1.",
    "Examples:\n"
    "  gst-torch scenes video.mp4 -o shots.csv --stats scores.csv\n"
    "  gst-torch scenes video.mp4 -o scenes.edl --model transnetv2\n"
    "  gst-torch scenes video.mp4 -o shots.csv --plot scores.png --sheet shots.png\n"
    "  gst-torch scenes video.mp4 --split shots --reencode\n\n",
};

}  // namespace

int cmd_scenes(int argc, char** argv) {
  ScenesCommand command;
  Options options("scenes", kDescription);
  options.add("output", 'o', &command.output,
              "Write the list to this file as JSON (.json), EDL (.edl) or CSV (any other name; "
              "default: CSV on standard output; - = standard output)",
              "FILE");
  options.add("stats", 0, &command.stats,
              "Write the score of every frame to this CSV file (- = standard output)", "FILE.csv");
  options.add("plot", 0, &command.plot,
              "Plot the scores, the threshold and the boundaries to this file", "FILE.png|svg");
  options.add("sheet", 0, &command.sheet,
              "Write a contact sheet of one or more pages, with the first, middle and last frame "
              "of each shot",
              "FILE.png|jpg");
  options.add("split", 0, &command.split,
              "Write each shot to its own file in this directory, without re-encoding; each file "
              "begins at a key frame",
              "DIR");
  options.add("reencode", 0, &command.reencode,
              "With --split, re-encode the video so that each file begins exactly with its shot");
  options.add("model", 0, &command.settings.model,
              "transnetv2, resnet18, resnet18-lite or the path of a weights file (default: the "
              "first of these names that is installed)",
              "NAME");
  command.settings.compute.add_to(options, 0);
  options.add("threshold", 0, &command.threshold,
              "Minimum score of a shot boundary, from 0.01 to 0.99 (default 0.5)", "NUMBER");
  add_stream_option(command.stream, options);
  options.add("stall-timeout", 0, &command.stall_timeout,
              "Give up after SECONDS without progress (default 60; 0 = never)", "SECONDS");
  if (auto status = options.parse(argc, argv, 1)) return *status;
  command.video = options.parameters()[0];
  if (auto wrong = read_threshold(command)) return options.usage_error(*wrong);
  if (auto wrong = wrong_options(command)) return options.usage_error(*wrong);
  if (auto wrong = command.settings.compute.problem()) return options.usage_error(*wrong);

  gst_init(nullptr, nullptr);
  std::optional<std::string>& model = command.settings.model;
  if (!model || *model == "auto") model = default_model(scenes_stage());
  return run(command);
}

}  // namespace gsttorch
