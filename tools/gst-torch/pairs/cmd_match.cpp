// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

#include <gst/gst.h>

#include "lib/engine/loader.h"
#include "lib/formats/match_file.h"
#include "lib/vision/geometry.h"
#include "tools/gst-torch/pairs/match_visual.h"
#include "tools/gst-torch/support/commands.h"
#include "tools/gst-torch/support/image.h"
#include "tools/gst-torch/support/options.h"
#include "tools/gst-torch/support/paths.h"
#include "tools/gst-torch/support/settings.h"

namespace gsttorch {
namespace {

constexpr int kDefaultMaxSize = 1024;  // pixels; time and memory grow with the fourth power

struct MatchCommand {
  std::string first, second;
  std::string output;
  std::optional<std::string> visual, model, geometry, threshold, token_pruning;
  ComputeSettings compute;
  std::optional<int> max_matches, max_size;
  bool refine = false;
  MatchOptions options;
  GeometryOptions geometry_options{GeometryKind::None, 3, false, 12};
};

struct Matched {
  std::vector<Match> matches;
  std::optional<Geometry> geometry;
  double duration_ms = 0;
  std::string device;
  std::optional<int> scaled_to;  // longer side inside the model, pixels
};

// Leaves `value` as it is where nothing was said. Tells whether it is a number of 0 to `most`.
bool read_share(const std::optional<std::string>& text, double most, double& value) {
  if (!text) return true;
  char* end = nullptr;
  value = std::strtod(text->c_str(), &end);
  return !text->empty() && *end == 0 && value >= 0 && value <= most;
}

// What is wrong with the words, if anything.
std::optional<std::string> read_settings(MatchCommand& command) {
  const std::string geometry = command.geometry.value_or("none");
  if (geometry == "homography") {
    command.geometry_options.kind = GeometryKind::Homography;
  } else if (geometry == "fundamental") {
    command.geometry_options.kind = GeometryKind::Fundamental;
  } else if (geometry != "none") {
    return "--geometry must be none, homography or fundamental, not \"" + geometry + "\"";
  }
  command.geometry_options.refine = command.refine;
  MatchOptions& options = command.options;
  options.token_pruning = preset_of(kMatchPresets, command.compute.quality_value()).token_pruning;
  if (!read_share(command.threshold, 1, options.threshold)) {
    return "--threshold must be from 0 to 1";
  }
  if (!read_share(command.token_pruning, MatchOptions::kMostPruned, options.token_pruning)) {
    return "--token-pruning must be from 0 to 0.9";
  }
  if (command.max_matches && *command.max_matches < 0) return "--max-matches must not be negative";
  if (command.max_size && *command.max_size < 0) return "--max-size must not be negative";
  command.options.max_matches = static_cast<std::size_t>(command.max_matches.value_or(0));
  command.options.max_size = command.max_size.value_or(kDefaultMaxSize);
  return command.compute.problem();
}

std::vector<OutputOption> outputs(const MatchCommand& command) {
  return {{"-o", command.output}, {"--visual", command.visual}};
}

// As loftrmatch takes `auto`: the official model where it was fetched, else the bundled one.
Result<std::string> weights_of(const std::string& model) {
  if (model != "auto") return model_weights(model);
  const auto official = model_weights("loftr-outdoor");
  return official ? official : model_weights("loftr-lite");
}

Result<std::unique_ptr<MatchModel>> load_model(const MatchCommand& command) {
  auto weights = weights_of(command.model.value_or("auto"));
  if (!weights) return weights.error();
  auto engine = load_engine();
  if (!engine) return engine.error();
  auto model = model_options(**engine, *weights, command.compute);
  if (!model) return model.error();
  auto loaded = (*engine)->load_match_model(*model);
  if (!loaded) return engine_error(loaded.error());
  return loaded;
}

bool is_scaled(const Image& image, const MatchOptions& options) {
  return model_pixel(image.width, image.height, options.max_size) > 1;
}

Result<Matched> compute(MatchModel& model, const MatchCommand& command, const Image& a,
                        const Image& b) {
  const auto start = std::chrono::steady_clock::now();
  SingleUseImage first(a.view()), second(b.view());
  auto frame_a = model.encode(first, command.options);
  if (!frame_a) return frame_a.error();
  auto frame_b = model.encode(second, command.options);
  if (!frame_b) return frame_b.error();
  const MatchPair pair{*frame_a, *frame_b};
  auto results = model.match({&pair, 1}, command.options);
  if (!results) return results.error();
  Matched matched;
  matched.matches = std::move(results->front().matches);
  matched.device = model.info().device;
  if (is_scaled(a, command.options) || is_scaled(b, command.options)) {
    matched.scaled_to = command.options.max_size;
  }
  if (command.geometry_options.kind != GeometryKind::None) {
    auto vision = load_vision();
    if (!vision) return vision.error();
    GeometryOptions options = command.geometry_options;
    options.model_pixel = model_pixel(b.width, b.height, command.options.max_size);
    auto geometry = (*vision)->estimate(matched.matches, options);
    if (!geometry) return geometry.error();
    matched.geometry = std::move(*geometry);
  }
  matched.duration_ms =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  return matched;
}

const char* meaning_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::Static:
      return "A was found in B, in the same view";
    case Verdict::Moved:
      return "A was found in B, in another view";
    case Verdict::Lost:
      break;
  }
  return "A was not found in B";
}

void print_summary(const Matched& matched, std::FILE* out) {
  std::fprintf(out, "%zu matches, %.0f ms on %s", matched.matches.size(), matched.duration_ms,
               matched.device.c_str());
  if (matched.scaled_to) {
    std::fprintf(out, ", images scaled to %d pixels inside the model (--max-size)",
                 *matched.scaled_to);
  }
  std::fprintf(out, "\n");
  if (!matched.geometry) return;
  const Geometry& g = *matched.geometry;
  std::fprintf(out, "%s, %zu inliers, residual %.3f px: %s\n", to_string(g.verdict), g.inlier_count,
               g.residual_px, meaning_of(g.verdict));
  if (!g.matrix) return;
  const auto& m = *g.matrix;
  for (std::size_t row = 0; row < 3; row++) {
    std::fprintf(out, "  %.8g %.8g %.8g\n", m[3 * row], m[3 * row + 1], m[3 * row + 2]);
  }
}

Result<void> run(const MatchCommand& command) {
  const std::vector<std::string> inputs = {command.first, command.second};
  if (auto writable = check_output_files(outputs(command), inputs); !writable) return writable;
  auto first = read_image(command.first);
  if (!first) return first.error();
  auto second = read_image(command.second);
  if (!second) return second.error();
  auto model = load_model(command);
  if (!model) return model.error();
  auto matched = compute(**model, command, *first, *second);
  if (!matched) return matched.error();
  const auto inliers = matched->geometry ? matched->geometry->inliers : std::vector<std::uint8_t>();
  const std::string output = output_path(command.output);
  if (auto done = write_match_csv(output, matched->matches, inliers); !done) return done;
  if (command.visual) {
    const Image drawn = draw_matches(*first, *second, matched->matches, inliers);
    if (auto done = write_png(output_path(*command.visual), drawn); !done) return done;
  }
  print_summary(*matched, summary_stream(outputs(command)));
  return {};
}

constexpr Options::Description kDescription = {
    "A B",
    "Finds point correspondences between images A and B and writes them as CSV. The columns\n"
    "are x0,y0 (pixels in A), x1,y1 (pixels in B), confidence and inlier (1 or 0; always 1 "
    "without\n"
    "--geometry).",
    "Example:\n"
    "  gst-torch match a.jpg b.jpg -o matches.csv --geometry homography --visual matches.png\n\n",
};

}  // namespace

int cmd_match(int argc, char** argv) {
  std::optional<std::string> output;
  MatchCommand command;
  Options options("match", kDescription);
  options.add("output", 'o', &output, "CSV file to write (- = standard output)", "OUT.csv");
  options.add(
      "visual", 0, &command.visual,
      "Also draw both images side by side, with lines between matches (- = standard output)",
      "OUT.png");
  options.add("model", 'm', &command.model,
              "Name of a model, or path of a weights file (default: loftr-outdoor if it is "
              "installed, otherwise loftr-lite)",
              "NAME|FILE");
  options.add("geometry", 'g', &command.geometry,
              "Geometry to verify matches with: none (default), homography or fundamental", "WORD");
  options.add("refine", 0, &command.refine, "Refit the geometry to all inliers at the end");
  options.add("threshold", 't', &command.threshold, "Minimum confidence of a match (default 0.2)",
              "NUMBER");
  options.add("max-matches", 0, &command.max_matches,
              "Keep only the N most confident matches (default 0 = keep all)", "N");
  options.add(
      "max-size", 0, &command.max_size,
      "Maximum length of the longer side inside the model, in pixels (default 1024; 0 = do not "
      "scale)",
      "N");
  options.add(
      "token-pruning", 0, &command.token_pruning,
      "Share of coarse cells to exclude, weakest first (default 0 = exclude none; otherwise "
      "as --quality sets it)",
      "NUMBER");
  command.compute.add_to(options);
  if (auto status = options.parse(argc, argv, 2)) return *status;
  if (!output) return options.usage_error("-o OUT.csv is required");
  if (auto wrong = read_settings(command)) return options.usage_error(*wrong);
  command.first = options.parameters()[0];
  command.second = options.parameters()[1];
  command.output = *output;

  gst_init(nullptr, nullptr);
  auto done = run(command);
  return done ? kOk : fail(done.error());
}

}  // namespace gsttorch
