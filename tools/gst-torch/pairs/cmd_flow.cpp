// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include <gst/gst.h>

#include "lib/engine/loader.h"
#include "lib/formats/flow_color.h"
#include "lib/formats/flow_file.h"
#include "tools/gst-torch/support/commands.h"
#include "tools/gst-torch/support/image.h"
#include "tools/gst-torch/support/options.h"
#include "tools/gst-torch/support/paths.h"
#include "tools/gst-torch/support/settings.h"

namespace gsttorch {
namespace {

constexpr char kDefaultModel[] = "raft-small";  // what raftflow takes `auto` for
constexpr int kDefaultMaxSize = 1920;           // pixels: of Full HD

/// How flow is computed, as far as the user said. Named and meant as raftflow's properties are.
struct FlowSettings {
  std::optional<std::string> model;
  ComputeSettings compute;
  std::optional<std::string> direction;
  std::optional<int> iterations;
  std::optional<int> max_size;
};

struct FlowCommand {
  std::string earlier;
  std::string later;
  std::string output;
  std::optional<std::string> visual;
  FlowSettings settings;
};

struct Images {
  Image earlier;
  Image later;
};

struct TimedFlow {
  FlowResult flow;
  double duration_ms = 0;
};

void add_options(FlowSettings& settings, Options& options) {
  options.add("model", 'm', &settings.model,
              "Name of a model, or path of a weights file (default raft-small)", "NAME|FILE");
  options.add("iterations", 'i', &settings.iterations,
              "Number of refinement iterations (default 12; otherwise as --quality sets it)", "N");
  options.add(
      "max-size", 0, &settings.max_size,
      "Maximum length of the longer side inside the model, in pixels (default 1920; 0 = do not "
      "scale)",
      "N");
  options.add("direction", 0, &settings.direction,
              "forward: from A to B, on A's grid (default); backward: from B to A, on B's grid",
              "WORD");
  settings.compute.add_to(options);
}

// What is wrong with the values, if anything.
std::optional<std::string> problem(const FlowSettings& settings) {
  if (settings.iterations && *settings.iterations < 1) return "--iterations must be at least 1";
  if (settings.max_size && *settings.max_size < 0) return "--max-size must not be negative";
  const std::string direction = settings.direction.value_or("forward");
  if (direction != "forward" && direction != "backward") {
    return "--direction must be forward or backward, not \"" + direction + "\"";
  }
  return settings.compute.problem();
}

Result<std::string> resolve_flow_weights(const FlowSettings& settings) {
  const std::string model = settings.model.value_or("auto");
  return model_weights(model == "auto" ? kDefaultModel : model);
}

std::vector<OutputOption> outputs(const FlowCommand& command) {
  return {{"-o", command.output}, {"--visual", command.visual}};
}

std::string format_size(const Image& image) {
  return std::to_string(image.width) + "x" + std::to_string(image.height);
}

Result<Images> read_images(const FlowCommand& command) {
  auto earlier = read_image(command.earlier);
  if (!earlier) return earlier.error();
  auto later = read_image(command.later);
  if (!later) return later.error();
  if (earlier->width != later->width || earlier->height != later->height) {
    return Error{ErrorCode::BadShape, "the images have different sizes: " + command.earlier +
                                          " is " + format_size(*earlier) + ", " + command.later +
                                          " is " + format_size(*later)};
  }
  return Images{std::move(*earlier), std::move(*later)};
}

Result<std::unique_ptr<FlowModel>> load_model(const FlowSettings& settings) {
  auto weights = resolve_flow_weights(settings);
  if (!weights) return weights.error();
  auto engine = load_engine();
  if (!engine) return engine.error();
  auto model = model_options(**engine, *weights, settings.compute);
  if (!model) return model.error();
  auto loaded = (*engine)->load_flow_model(*model);
  if (!loaded) return engine_error(loaded.error());
  return loaded;
}

FlowOptions flow_options(const FlowSettings& settings) {
  FlowOptions options;
  const FlowPreset& preset = preset_of(kFlowPresets, settings.compute.quality_value());
  options.iterations = settings.iterations.value_or(preset.iterations);
  options.max_size = settings.max_size.value_or(kDefaultMaxSize);
  if (settings.direction == "backward") options.direction = FlowDirection::Backward;
  return options;
}

Result<TimedFlow> compute(FlowModel& model, const Images& images, const FlowOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  SingleUseImage first(images.earlier.view()), second(images.later.view());
  auto earlier = model.encode(first, options);
  if (!earlier) return earlier.error();
  auto later = model.encode(second, options);
  if (!later) return later.error();
  const FlowPair pair{*earlier, *later, nullptr};
  auto flows = model.flow({&pair, 1}, options);
  if (!flows) return flows.error();
  const std::chrono::duration<double, std::milli> duration =
      std::chrono::steady_clock::now() - start;
  return TimedFlow{std::move(flows->front()), duration.count()};
}

Result<FlowView> host_view(const FlowResult& result) {
  const TensorHandle& tensor = result.forward ? result.forward : result.backward;
  const void* data = tensor->host_data();
  if (!data) return Error{ErrorCode::OutOfMemory, "cannot copy the flow to host memory"};
  return FlowView{data, static_cast<int>(tensor->shape()[1]), static_cast<int>(tensor->shape()[0])};
}

/// The longest vector gets the fullest colour, as in Middlebury's own images.
Result<void> write_visual(const std::string& path, const FlowView& flow, double max_magnitude) {
  FlowColoring coloring;
  coloring.max_magnitude = std::max(static_cast<float>(max_magnitude), 1e-3F);
  return write_png(path, flow_image(flow, coloring));
}

Result<void> write_results(const FlowCommand& command, const FlowResult& result) {
  auto flow = host_view(result);
  if (!flow) return flow.error();
  if (auto written = write_flow_file(output_path(command.output), *flow); !written) return written;
  if (!command.visual) return {};
  return write_visual(output_path(*command.visual), *flow, result.max_magnitude_px);
}

void print_summary(const Image& image, const TimedFlow& timed, const FlowOptions& options,
                   const std::string& device, std::FILE* out) {
  std::fprintf(out, "%s, mean %.3f px, max %.3f px, %d iterations, %.0f ms on %s",
               format_size(image).c_str(), timed.flow.mean_magnitude_px,
               timed.flow.max_magnitude_px, timed.flow.iterations, timed.duration_ms,
               device.c_str());
  if (options.max_size > 0 && std::max(image.width, image.height) > options.max_size) {
    std::fprintf(out, ", images scaled to %d pixels inside the model (--max-size)",
                 options.max_size);
  }
  std::fprintf(out, "\n");
  if (timed.flow.is_flat) {
    std::fprintf(out, "an image has no texture (such as a black one): the vectors mean nothing\n");
  }
}

Result<void> run(const FlowCommand& command) {
  const std::vector<std::string> inputs = {command.earlier, command.later};
  if (auto writable = check_output_files(outputs(command), inputs); !writable) return writable;
  auto images = read_images(command);
  if (!images) return images.error();
  auto model = load_model(command.settings);
  if (!model) return model.error();
  const FlowOptions options = flow_options(command.settings);
  auto timed = compute(**model, *images, options);
  if (!timed) return timed.error();
  if (auto written = write_results(command, timed->flow); !written) return written;
  print_summary(images->earlier, *timed, options, (*model)->info().device,
                summary_stream(outputs(command)));
  return {};
}

constexpr Options::Description kDescription = {
    "A B",
    "Computes the dense optical flow from image A to image B and writes it as a Middlebury .flo "
    "file.\n"
    "The file contains the motion of each pixel of A to the right and down, in pixels.",
    "Example:\n"
    "  gst-torch flow frame10.png frame11.png -o flow.flo --visual flow.png\n\n",
};

}  // namespace

int cmd_flow(int argc, char** argv) {
  std::optional<std::string> output;
  FlowCommand command;
  Options options("flow", kDescription);
  options.add("output", 'o', &output, ".flo file to write (- = standard output)", "OUT.flo");
  options.add("visual", 0, &command.visual,
              "Also draw the flow with Middlebury's colours (- = standard output)", "OUT.png");
  add_options(command.settings, options);
  if (auto status = options.parse(argc, argv, 2)) return *status;
  if (!output) return options.usage_error("-o OUT.flo is required");
  if (auto wrong = problem(command.settings)) return options.usage_error(*wrong);
  command.earlier = options.parameters()[0];
  command.later = options.parameters()[1];
  command.output = *output;

  gst_init(nullptr, nullptr);
  auto done = run(command);
  return done ? kOk : fail(done.error());
}

}  // namespace gsttorch
