// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
//
// Matches a stream, each frame with the previous one, and measures time, arithmetic and memory of
// each stage for the last pair.
//
//   match_stages WEIGHTS FRAMES.raw WIDTH HEIGHT [stream|stock [THRESHOLD [PRECISION]]]
//
// FRAMES.raw: grey bytes, WIDTH x HEIGHT (multiples of the model's stride), frames in sequence.
// `stock` follows the authors' code but uses this project's convolutions: it runs both images of
// each pair through the whole backbone, each transformer step as an operation, the matrix of all
// pairs of cells, and all windows of both images. Under callgrind each stage writes its own dump.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "lib/nn/loftr/loftr.h"
#include "lib/nn/loftr/position_encoding.h"
#include "lib/nn/memory/cpu_memory.h"
#include "lib/nn/weights/weights.h"

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_ZERO_STATS
#define CALLGRIND_DUMP_STATS_AT(name)
#endif

namespace gsttorch {
namespace {

using Clock = std::chrono::steady_clock;

// Runs a stage; for the last pair, prints the median of its times and its memory.
class Stages {
 public:
  bool is_last = false;

  template <typename Work>
  auto operator()(const char* name, double multiplications, Work&& work) {
    const std::size_t before = cpu_memory().current;
    reset_cpu_memory_peak();
    CALLGRIND_ZERO_STATS;
    const auto begin = Clock::now();
    auto result = work();
    std::vector<double>& times = ms_[name];
    times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
    if (!is_last) return result;
    CALLGRIND_DUMP_STATS_AT(name);
    const MemoryReport now = cpu_memory();
    std::nth_element(times.begin(), times.begin() + times.size() / 2, times.end());
    std::printf(
        "{\"stage\": \"%s\", \"ms\": %.2f, \"gmac\": %.3f, \"peak_mb\": %.2f, \"left_mb\": %.2f}\n",
        name, times[times.size() / 2], multiplications / 1e9, (now.peak - before) / 1e6,
        (static_cast<double>(now.current) - static_cast<double>(before)) / 1e6);
    return result;
  }

 private:
  std::map<std::string, std::vector<double>> ms_;
};

// Multiplications per part, computed from the model's widths, for models with cells of 8x8 pixels.
struct Costs {
  const LoftrBackbone& model;
  const LoftrConfig& config;
  double pixels, cells;

  double way_down() const {
    const double c0 = model.stem_channels(), c1 = model.fine_channels(),
                 c2 = model.middle_channels();
    const double c3 = model.coarse_channels();
    const auto stage = [](double in, double out, bool halves) {
      return 9 * in * out + 27 * out * out + (halves ? in * out : 0);
    };
    return pixels / 4 * (49 * c0 + stage(c0, c1, false)) + pixels / 16 * stage(c1, c2, true) +
           pixels / 64 * (stage(c2, c3, true) + c3 * c3);
  }
  double way_up() const {
    return pixels / 16 * model.middle().dense_cost() + pixels / 4 * model.fine().dense_cost();
  }
  // If a stream has few matches, only windows of the finer map are computed, for both images;
  // otherwise the whole map of the later image, since the earlier image's map exists already.
  double windows(double matches) const {
    const double both = 2 * matches * model.fine().window_cost(LoftrConfig::kWindow);
    return both < pixels / 4 * model.fine().dense_cost() ? both : 0;
  }
  double branch(double matches) const {
    const double few = windows(matches);
    return pixels / 16 * model.middle().dense_cost() +
           (few > 0 ? few : pixels / 4 * model.fine().dense_cost());
  }
  double layers(double count, double tokens, double channels) const {
    return count * tokens * channels * (10 * channels + 2 * channels / config.heads);
  }
  double coarse(double layer_count) const {
    return layers(layer_count, cells, static_cast<double>(model.coarse_channels()));
  }
  double matching() const { return cells * cells * static_cast<double>(model.coarse_channels()); }
  double fine(double matches) const {
    const double c = model.fine_channels();
    return layers(config.fine_layers, 50 * matches, c) + 50 * matches * c * c;
  }
};

at::Tensor rows_of(const at::Tensor& tokens) {
  return tokens.permute({0, 2, 3, 1}).reshape({-1, tokens.size(1)});
}

void drop_border(std::vector<CoarseMatch>& matches, const CoarseGrid& grid) {
  std::erase_if(matches, [&](const CoarseMatch& m) {
    return !grid.is_inside(m.first, LoftrConfig::kBorder) ||
           !grid.is_inside(m.second, LoftrConfig::kBorder);
  });
}

// Follows the element: `last` is the previous frame's features.
std::shared_ptr<const Loftr::Image> match_in_stream(const Loftr& model, const Costs& costs,
                                                    const at::Tensor& image,
                                                    const std::shared_ptr<const Loftr::Image>& last,
                                                    const Loftr::Options& options, Stages& stages) {
  const auto source =
      stages("backbone", costs.way_down() + costs.coarse(1), [&] { return model.encode(image); });
  if (!last) return source;
  const Loftr::ImagePair pair = {last.get(), source.get()};
  const auto tokens =
      stages("coarse transformer", costs.coarse(2 * model.config().coarse_layers - 2),
             [&] { return model.coarse_tokens(std::span(&pair, 1)).tokens; });
  const auto matches = stages("matching", costs.matching(), [&] {
    auto found = match_tokens(rows_of(tokens.x0), rows_of(tokens.x1), LoftrConfig::kTemperature,
                              options.threshold);
    drop_border(found, source->grid());
    return found;
  });
  const auto count = static_cast<double>(matches.size());
  const auto refine = [&] { return model.fine_offsets(pair, tokens, matches, options); };
  stages("fine branch and stage", costs.branch(count) + costs.fine(count), refine);
  stages("fine stage", costs.windows(count) + costs.fine(count), refine);  // maps are cached now
  if (stages.is_last) std::printf("{\"matches\": %zu}\n", matches.size());
  return source;
}

struct StockModel {
  StockModel(const ModuleWeights& weights, const LoftrConfig& config)
      : config(config),
        backbone(weights / "backbone", config),
        coarse(weights / "loftr_coarse", backbone.coarse_channels(), config.coarse_layers, config),
        fine(weights, backbone.coarse_channels(), backbone.fine_channels(), config) {}
  LoftrConfig config;
  LoftrBackbone backbone;
  LoftrTransformer coarse;
  LoftrFine fine;
};

LoftrTransformer::Pair stock_layers(const LoftrTransformer& model, int layers,
                                    LoftrTransformer::Pair x) {
  for (int i = 0; i < layers; i++) {
    const bool is_cross = i % 2 == 1;
    x.x0 = model.plain_layer(i, x.x0, is_cross ? x.x1 : x.x0);
    x.x1 = model.plain_layer(i, x.x1, is_cross ? x.x0 : x.x1);
  }
  return x;
}

// Computes every window of a map, [cells, C, 5, 5], then selects those of matches.
at::Tensor stock_windows(const at::Tensor& map, const at::Tensor& index) {
  const at::Tensor all = at::im2col(map.contiguous(), {5, 5}, {1, 1}, {2, 2}, {4, 4});
  const at::Tensor windows =
      all.view({map.size(1), 25, -1}).permute({2, 0, 1}).contiguous().index({index});
  return windows.view({-1, map.size(1), 5, 5}).contiguous(at::MemoryFormat::ChannelsLast);
}

void match_stock(const StockModel& model, const Costs& costs, const at::Tensor& first,
                 const at::Tensor& second, const Loftr::Options& options, Stages& stages) {
  struct Maps {
    at::Tensor coarse, fine;
  };
  constexpr std::size_t kOneBand = std::size_t{1} << 40;
  const Maps maps = stages("backbone", 2 * (costs.way_down() + costs.way_up()), [&]() -> Maps {
    const LoftrBackbone::Maps down = model.backbone(at::cat({first, second}));
    const at::Tensor middle =
        model.backbone.middle().dense(down.middle_lateral, down.coarse, kOneBand);
    return {down.coarse, model.backbone.fine().dense(down.fine_lateral, middle, kOneBand)};
  });
  const CoarseGrid grid = {maps.coarse.size(2), maps.coarse.size(3)};
  const auto tokens =
      stages("coarse transformer", costs.coarse(2 * model.config.coarse_layers), [&] {
        const at::Tensor placed =
            maps.coarse + position_encoding(maps.coarse.size(1), grid.height, grid.width,
                                            model.config.fixed_encoding);
        return stock_layers(model.coarse, model.config.coarse_layers,
                            {placed.narrow(0, 0, 1), placed.narrow(0, 1, 1)});
      });
  const auto matches = stages("matching", costs.matching(), [&] {
    const at::Tensor a = rows_of(tokens.x0), b = rows_of(tokens.x1);
    const double scale = std::sqrt(static_cast<double>(a.size(1)));
    const at::Tensor s = at::mm(a / scale, (b / scale).t()) / LoftrConfig::kTemperature;
    const at::Tensor confidence = s.softmax(0) * s.softmax(1);
    const at::Tensor is_match = (confidence > options.threshold) &
                                (confidence == confidence.amax(1, true)) &
                                (confidence == confidence.amax(0, true));
    const at::Tensor where = is_match.nonzero().contiguous();
    std::vector<CoarseMatch> found;
    for (std::int64_t i = 0; i < where.size(0); i++) {
      const std::int64_t* at = where.const_data_ptr<std::int64_t>() + 2 * i;
      found.push_back({at[0], at[1], 0});
    }
    drop_border(found, grid);
    return found;
  });
  std::vector<std::int64_t> rows, columns;
  for (const CoarseMatch& m : matches) {
    rows.push_back(m.first);
    columns.push_back(m.second);
  }
  stages("fine stage", costs.fine(static_cast<double>(matches.size())), [&] {
    const at::Tensor at0 = at::tensor(rows, at::kLong), at1 = at::tensor(columns, at::kLong);
    return model.fine(
        {stock_windows(maps.fine.narrow(0, 0, 1), at0), rows_of(tokens.x0).index({at0})},
        {stock_windows(maps.fine.narrow(0, 1, 1), at1), rows_of(tokens.x1).index({at1})});
  });
  if (stages.is_last) std::printf("{\"matches\": %zu}\n", matches.size());
}

at::Tensor read_frames(const char* path, std::int64_t width, std::int64_t height) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
  const auto count = static_cast<std::int64_t>(bytes.size()) / (width * height);
  return at::from_blob(bytes.data(), {count, 1, 1, height, width}, at::kByte).to(at::kFloat) / 255;
}

int run(int argc, char** argv) {
  if (argc < 5) {
    return std::fprintf(stderr, "match_stages WEIGHTS FRAMES.raw WIDTH HEIGHT [stream|stock]\n"), 2;
  }
  const c10::InferenceMode guard;
  install_counting_allocator();
  const auto state = read_weights(argv[1]);
  const auto metadata = read_weights_metadata(argv[1]);
  if (!state || !metadata) return std::fprintf(stderr, "cannot read %s\n", argv[1]), 1;
  const bool is_stock = argc > 5 && std::string(argv[5]) == "stock";
  Loftr::Options options;
  if (argc > 6) options.threshold = std::atof(argv[6]);
  const LoftrConfig config = loftr_config(*state, {metadata->begin(), metadata->end()});
  ModelOptions asked = {argv[1], "cpu"};
  if (argc > 7) asked.precision = parse_precision(argv[7]).value_or(Precision::Auto);
  const auto target = compute_target(asked);
  if (!target) return std::fprintf(stderr, "%s\n", target.error().message.c_str()), 1;
  const ModuleWeights weights(*state, *target);
  const std::int64_t width = std::atoi(argv[3]), height = std::atoi(argv[4]);
  const at::Tensor frames = read_frames(argv[2], width, height);
  std::optional<Loftr> model;
  std::optional<StockModel> stock;
  if (is_stock) {
    stock.emplace(weights, config);
  } else {
    model.emplace(weights, config);
  }
  const auto pixels = static_cast<double>(width * height);
  const Costs costs = {is_stock ? stock->backbone : model->backbone(), config, pixels, pixels / 64};

  Stages stages;
  std::shared_ptr<const Loftr::Image> last;
  for (std::int64_t i = 0; i < frames.size(0); i++) {
    stages.is_last = i == frames.size(0) - 1;
    if (!is_stock) {
      last = match_in_stream(*model, costs, frames[i], last, options, stages);
    } else if (i > 0) {
      match_stock(*stock, costs, frames[i - 1], frames[i], options, stages);
    }
  }
  return 0;
}

}  // namespace
}  // namespace gsttorch

int main(int argc, char** argv) { return gsttorch::run(argc, argv); }
