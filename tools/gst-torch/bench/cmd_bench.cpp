// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <numeric>
#include <sstream>

#include <nlohmann/json.hpp>

#include <gst/gst.h>

#include "lib/formats/output_file.h"
#include "lib/perf/process_usage.h"
#include "tools/gst-torch/bench/contender.h"
#include "tools/gst-torch/support/commands.h"
#include "tools/gst-torch/support/options.h"
#include "tools/gst-torch/support/paths.h"

namespace gsttorch {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kAll[] = "all";
constexpr int kLeastSide = 128, kMostSide = 8192;  // RAFT needs 128 pixels
constexpr std::size_t kWarmUp = 3, kDrawnFrames = 12;

struct BenchCommand {
  std::optional<std::string> stages, size, input, json;
  std::optional<std::string> scenes_model, flow_model, match_model;
  std::optional<int> frames, batch, streams, threads, iterations, max_size;
  bool worker = false;
  BenchSettings settings;
  int width = 640, height = 480;
};

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> words;
  std::istringstream stream(list);
  for (std::string word; std::getline(stream, word, ',');) words.push_back(word);
  return words;
}

std::vector<std::string> stages_of(const BenchCommand& command) {
  return split(command.stages.value_or("scenes,flow,matches,all"));
}

bool is_stage(const std::string& word) {
  return word == "scenes" || word == "flow" || word == "matches" || word == kAll;
}

bool parse_size(const std::string& text, BenchCommand& command) {
  char rest = 0;
  const int read = std::sscanf(text.c_str(), "%dx%d%c", &command.width, &command.height, &rest);
  const auto fits = [](int side) { return side >= kLeastSide && side <= kMostSide; };
  return read == 2 && fits(command.width) && fits(command.height);
}

std::optional<std::string> stages_problem(const BenchCommand& command) {
  const auto stages = stages_of(command);
  for (const std::string& stage : stages) {
    if (!is_stage(stage)) {
      return "unknown stage \"" + stage + "\": use scenes, flow, matches or all (--stages)";
    }
  }
  if (stages.empty()) return "--stages must name a stage";
  if (command.worker && stages.size() != 1) return "--worker requires --stages with one stage";
  return std::nullopt;
}

// What is wrong with the values, if anything. Stores those that are right.
std::optional<std::string> problem(BenchCommand& command) {
  if (auto wrong = stages_problem(command)) return wrong;
  if (command.size && !parse_size(*command.size, command)) {
    return "--size must be WIDTHxHEIGHT, each from 128 to 8192, not \"" + *command.size + "\"";
  }
  const std::pair<const char*, std::optional<int>> counts[] = {
      {"--frames", command.frames},
      {"--batch", command.batch},
      {"--streams", command.streams},
      {"--iterations", command.iterations}};
  for (const auto& [name, value] : counts) {
    if (value && *value < 1) return std::string(name) + " must be at least 1";
  }
  if (command.threads.value_or(0) < 0) return "--threads must not be negative";
  if (command.max_size.value_or(0) < 0) return "--max-size must not be negative";
  return command.settings.compute.problem();
}

void apply(const BenchCommand& command, BenchSettings& settings) {
  settings.scenes_model = command.scenes_model.value_or(settings.scenes_model);
  settings.flow_model = command.flow_model.value_or(settings.flow_model);
  settings.match_model = command.match_model.value_or(settings.match_model);
  settings.iterations = command.iterations.value_or(settings.iterations);
  settings.max_size = command.max_size.value_or(settings.max_size);
  settings.batch = command.batch.value_or(settings.batch);
  settings.streams = command.streams.value_or(settings.streams);
  settings.threads = command.threads.value_or(settings.threads);
}

Result<std::unique_ptr<Contender>> make_contender(const std::string& stage,
                                                  const BenchCommand& command,
                                                  const BenchFrames& frames) {
  return stage == kAll ? make_pipeline_contender(command.settings, frames)
                       : make_model_contender(stage, command.settings, frames);
}

double round_ms(double ms) {
  return static_cast<double>(static_cast<long>(ms * 1000 + 0.5)) / 1000;
}

// getrusage() would report the memory of the process that started this one, if it had more.
std::uint64_t peak_resident_bytes() { return read_process_usage().rss_peak.value_or(0); }

Json summarize(const std::string& stage, const BenchCommand& command, const Contender& contender,
               std::vector<double> ms) {
  std::sort(ms.begin(), ms.end());
  const double mean = std::accumulate(ms.begin(), ms.end(), 0.0) / static_cast<double>(ms.size());
  return {{"stage", stage},
          {"model", contender.model()},
          {"device", contender.device()},
          {"size", std::to_string(command.width) + "x" + std::to_string(command.height)},
          {"batch", command.settings.batch},
          {"load_ms", round_ms(contender.load_ms())},
          {"frames", ms.size()},
          {"ms",
           {{"mean", round_ms(mean)},
            {"p50", round_ms(ms[ms.size() / 2])},
            {"p95", round_ms(ms[std::min(ms.size() - 1, ms.size() * 95 / 100)])}}},
          {"peak_tensor_bytes", contender.peak_bytes()},
          {"peak_resident_bytes", peak_resident_bytes()}};
}

Result<Json> measure(const std::string& stage, const BenchCommand& command,
                     const BenchFrames& frames) {
  auto contender = make_contender(stage, command, frames);
  if (!contender) return contender.error();
  if (auto warm = (*contender)->run(kWarmUp); !warm) return warm.error();
  auto ms = (*contender)->run(static_cast<std::size_t>(command.frames.value_or(20)));
  if (!ms) return ms.error();
  return summarize(stage, command, **contender, std::move(*ms));
}

void print_row(const Json& row, std::FILE* out) {
  const double mean = row["ms"]["mean"];
  std::fprintf(out, "%-8s %-16s %9.0f %9.2f %9.2f %9.1f %8.0f %8.0f\n",
               row["stage"].get<std::string>().c_str(), row["model"].get<std::string>().c_str(),
               row["load_ms"].get<double>(), row["ms"]["p50"].get<double>(),
               row["ms"]["p95"].get<double>(), mean > 0 ? 1000 / mean : 0,
               row["peak_tensor_bytes"].get<double>() / 1e6,
               row["peak_resident_bytes"].get<double>() / 1e6);
  std::fflush(out);
}

Result<void> measure_all(const BenchCommand& command, const BenchFrames& frames) {
  std::FILE* const out = summary_stream({{"--json", command.json}});
  std::fprintf(out, "%-8s %-16s %9s %9s %9s %9s %8s %8s\n", "stage", "model", "load ms", "p50 ms",
               "p95 ms", "frames/s", "MB", "RSS MB");
  Json rows = Json::array();
  for (const std::string& stage : stages_of(command)) {
    auto row = measure(stage, command, frames);
    if (!row) return row.error();
    print_row(*row, out);
    rows.push_back(std::move(*row));
  }
  if (!command.json) return {};
  return write_whole_file(output_path(*command.json), rows.dump(2) + "\n");
}

/// Serves a program that measures several contenders in alternation: each line of standard input is
/// a number of frames, the answer a line of JSON.
Result<void> serve(const BenchCommand& command, const BenchFrames& frames) {
  const std::string stage = stages_of(command).front();
  auto contender = make_contender(stage, command, frames);
  if (!contender) return contender.error();
  if (auto warm = (*contender)->run(kWarmUp); !warm) return warm.error();
  std::cout << Json{{"ready", stage}, {"load_ms", round_ms((*contender)->load_ms())}} << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    const int count = std::atoi(line.c_str());
    if (count < 1) return Error{ErrorCode::BadArgument, "\"" + line + "\" is no number of frames"};
    const auto ms = (*contender)->run(static_cast<std::size_t>(count));
    if (!ms) return ms.error();
    std::cout << Json{{"ms", *ms}} << std::endl;
  }
  return {};
}

Result<BenchFrames> make_frames(const BenchCommand& command) {
  if (!command.input) return BenchFrames::draw(command.width, command.height, kDrawnFrames);
  return BenchFrames::read(*command.input, command.width, command.height);
}

Result<void> run(const BenchCommand& command) {
  std::vector<std::string> inputs;
  if (command.input) inputs.push_back(*command.input);
  for (const std::string& input : inputs) {
    if (auto there = check_input_file(input); !there) return there;
  }
  if (auto writable = check_output_files({{"--json", command.json}}, inputs); !writable) {
    return writable;
  }
  const auto frames = make_frames(command);
  if (!frames) return frames.error();
  return command.worker ? serve(command, *frames) : measure_all(command, *frames);
}

void add_options(BenchCommand& command, Options& options) {
  options.add("stages", 0, &command.stages,
              "Comma-separated list of scenes, flow, matches and all, which is a pipeline with the "
              "three (default: all of them)",
              "LIST");
  options.add("size", 0, &command.size, "Size of the frames (default 640x480)", "WxH");
  options.add("frames", 'n', &command.frames, "Number of frames to time (default 20)", "N");
  options.add("input", 0, &command.input,
              "Raw RGB frames of that size, used in a loop (default: drawn textures that move)",
              "FILE");
  options.add("scenes-model", 0, &command.scenes_model,
              "Name of a ResNet, or path of a weights file (default resnet18-lite)", "NAME|FILE");
  options.add("flow-model", 0, &command.flow_model,
              "Name of a model, or path of a weights file (default raft-small)", "NAME|FILE");
  options.add("match-model", 0, &command.match_model,
              "Name of a model, or path of a weights file (default loftr-lite)", "NAME|FILE");
  options.add("iterations", 'i', &command.iterations,
              "Number of refinement iterations of flow (default 12)", "N");
  options.add("max-size", 0, &command.max_size,
              "Maximum length of the longer side inside the models of flow and matches, in pixels "
              "(default 0 = do not scale)",
              "N");
  options.add("batch", 0, &command.batch, "Number of frames per inference (default 1)", "N");
  options.add("streams", 0, &command.streams,
              "Number of streams that the pipeline analyzes at the same time (default 1)", "N");
  options.add("threads", 0, &command.threads,
              "Threads of one operation, for single models (default 0 = one for each core)", "N");
  options.add("device", 'd', &command.settings.compute.device,
              "auto (default), cpu, cuda or cuda:N", "DEVICE");
  options.add("precision", 0, &command.settings.compute.precision,
              "Data type of convolutions: auto (default: fp32), fp32, fp16 (CUDA only) or bf16",
              "WORD");
  options.add("json", 0, &command.json, "Also write the figures as JSON (- = standard output)",
              "FILE");
  options.add("worker", 0, &command.worker,
              "Serve another program: for each line of standard input, a number of frames, print "
              "their times as a line of JSON");
}

constexpr Options::Description kDescription = {
    "",
    "Times the models on this machine, one after another, and a pipeline with all three.\n"
    "Times are per frame, from pixels in memory to results in memory, without decoding.",
    "Example:\n"
    "  gst-torch bench --size 1280x720 --frames 50 --json bench.json\n\n",
};

}  // namespace

int cmd_bench(int argc, char** argv) {
  BenchCommand command;
  Options options("bench", kDescription);
  add_options(command, options);
  if (auto status = options.parse(argc, argv, 0)) return *status;
  if (auto wrong = problem(command)) return options.usage_error(*wrong);
  apply(command, command.settings);

  gst_init(nullptr, nullptr);
  auto done = run(command);
  return done ? kOk : fail(done.error());
}

}  // namespace gsttorch
