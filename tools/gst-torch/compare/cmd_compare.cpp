// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include <gst/gst.h>

#include "lib/base/format.h"
#include "lib/formats/csv_file.h"
#include "tools/gst-torch/compare/difference_images.h"
#include "tools/gst-torch/compare/stage_comparison.h"
#include "tools/gst-torch/support/commands.h"
#include "tools/gst-torch/support/options.h"
#include "tools/gst-torch/support/paths.h"

namespace gsttorch {
namespace {

using Json = nlohmann::ordered_json;

struct CompareCommand {
  std::optional<std::string> truth, least_text, stage_list, images;
  std::optional<double> least;
  std::vector<std::string> stages;
  bool json = false;
};

struct Comparison {
  ComparisonRequest request;
  std::vector<StageComparison> stages;

  double score() const {
    double least = 1;
    for (const StageComparison& stage : stages) least = std::min(least, stage.score);
    return least;
  }
};

std::optional<std::string> read_stages(CompareCommand& command) {
  if (!command.stage_list) return std::nullopt;
  std::string rest = *command.stage_list + ",";
  for (std::size_t end; (end = rest.find(',')) != std::string::npos; rest.erase(0, end + 1)) {
    const std::string name = rest.substr(0, end);
    if (!is_stage_name(name)) {
      return "--stages must be a comma-separated list of scenes, flow and matches, not \"" +
             *command.stage_list + "\"";
    }
    const auto& stages = command.stages;
    if (std::find(stages.begin(), stages.end(), name) == stages.end()) {
      command.stages.push_back(name);
    }
  }
  return std::nullopt;
}

// What is wrong with the words, if anything.
std::optional<std::string> read_words(CompareCommand& command) {
  if (command.least_text) {
    command.least = parse_decimal(*command.least_text);
    if (!command.least || *command.least < 0 || *command.least > 1) {
      return "--min must be from 0 to 1, not \"" + *command.least_text + "\"";
    }
  }
  return read_stages(command);
}

Result<Comparison> compare(const CompareCommand& command, const std::vector<std::string>& places) {
  Comparison comparison;
  auto reference = open_result_set(places[0]);
  if (!reference) return reference.error();
  auto other = open_result_set(places[1]);
  if (!other) return other.error();
  comparison.request = {std::move(*reference), std::move(*other), std::nullopt, command.stages};
  if (command.truth) {
    auto truth = open_ground_truth(*command.truth);
    if (!truth) return truth.error();
    comparison.request.truth = std::move(*truth);
  }
  auto stages = compare_stages(comparison.request);
  if (!stages) return stages.error();
  comparison.stages = std::move(*stages);
  return comparison;
}

std::string worst_text(const StageComparison& stage) {
  std::string text;
  for (const ComparedFrame& frame : stage.worst) {
    text += (text.empty() ? "" : ", ") + frame.frame + format(" (%.3f)", frame.score);
  }
  return text;
}

void print_notes(const StageComparison& stage) {
  for (const std::string& note : stage.notes) {
    std::printf("%s: %s\n", stage.name.c_str(), note.c_str());
  }
  if (stage.worst.empty()) return;
  std::printf("%s: worst frames: %s\n", stage.name.c_str(), worst_text(stage).c_str());
}

void print_table(const Comparison& comparison, const std::vector<std::string>& images) {
  std::printf("stage     frames  score\n");
  for (const StageComparison& stage : comparison.stages) {
    const std::string frames = stage.frames > 0 ? std::to_string(stage.frames) : "";
    std::printf("%-8s  %6s  %.3f  %s\n", stage.name.c_str(), frames.c_str(), stage.score,
                stage.summary.c_str());
  }
  std::printf("overall           %.3f\n", comparison.score());
  for (const StageComparison& stage : comparison.stages) print_notes(stage);
  for (const std::string& line : stages_left_out(comparison.request)) std::puts(line.c_str());
  for (const std::string& image : images) std::printf("image: %s\n", image.c_str());
}

Json to_json(const StageComparison& stage) {
  Json object = {{"name", stage.name}, {"score", stage.score}};
  if (stage.frames > 0) object["frames"] = stage.frames;
  object.update(stage.figures);
  object["worst"] = Json::array();
  for (const ComparedFrame& frame : stage.worst) {
    object["worst"].push_back({{"frame", frame.frame}, {"score", frame.score}});
  }
  return object;
}

void print_json(const Comparison& comparison, const std::vector<std::string>& images) {
  Json stages = Json::array();
  for (const StageComparison& stage : comparison.stages) stages.push_back(to_json(stage));
  const Json report = {{"reference", comparison.request.reference.directory},
                       {"other", comparison.request.other.directory},
                       {"score", comparison.score()},
                       {"stages", stages},
                       {"images", images}};
  std::puts(report.dump(2, ' ', false, Json::error_handler_t::replace).c_str());
}

Result<void> run(const CompareCommand& command, const std::vector<std::string>& places) {
  const auto comparison = compare(command, places);
  if (!comparison) return comparison.error();
  std::vector<std::string> images;
  if (command.images) {
    if (auto usable = check_output_directory(*command.images); !usable) return usable;
    auto written = write_difference_images(*command.images, comparison->stages);
    if (!written) return written.error();
    images = std::move(*written);
  }
  command.json ? print_json(*comparison, images) : print_table(*comparison, images);
  if (!command.least || comparison->score() >= *command.least) return {};
  return Error{ErrorCode::Failed, format("the score %.4f of ", comparison->score()) + places[1] +
                                      " is below --min " + *command.least_text};
}

constexpr Options::Description kDescription = {
    "REF OTHER",
    "Compares the results of two programs or settings for the same video, stage by stage. A score\n"
    "is 1 if OTHER is as good as REF; the overall score is the lowest one. REF and OTHER are\n"
    "directories that gst-torch analyze wrote, or directories of other programs with flow/*.flo,\n"
    "flow/*.npy, matches/*.csv, matches/*.npz and scenes.csv.",
    "Example:\n"
    "  gst-torch compare exact fast --min 0.95\n\n",
};

}  // namespace

int cmd_compare(int argc, char** argv) {
  CompareCommand command;
  Options options("compare", kDescription);
  options.add("truth", 0, &command.truth,
              "Directory with the true flow of the frames; both are compared with it", "DIR");
  options.add("stages", 0, &command.stage_list,
              "Comma-separated stages to compare, which both must have: scenes, flow, matches "
              "(default: those that both have)",
              "LIST");
  options.add("min", 0, &command.least_text,
              "Fail with exit status 1 if the overall score is below this number, 0 to 1",
              "NUMBER");
  options.add("images", 0, &command.images,
              "Directory for images of the worst frames: REF, OTHER and the difference", "DIR");
  options.add("json", 0, &command.json, "Print one JSON object");
  if (auto status = options.parse(argc, argv, 2)) return *status;
  if (auto wrong = read_words(command)) return options.usage_error(*wrong);
  if (command.images) gst_init(nullptr, nullptr);  // encodes them
  auto done = run(command, options.parameters());
  return done ? kOk : fail(done.error());
}

}  // namespace gsttorch
