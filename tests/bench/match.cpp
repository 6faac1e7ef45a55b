// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
//
// Measures the matching of a stream, each frame with the previous one: time of each stage, and
// memory.
//
//   match WEIGHTS FRAMES.raw WIDTH HEIGHT [THRESHOLD [MAX-SIZE [MATCHES.csv [PRECISION]]]]
//
// FRAMES.raw: grey bytes, WIDTH x HEIGHT, frames in sequence. MATCHES.csv: output, one line per
// match of each frame.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "lib/engine/loader.h"

namespace gsttorch {
namespace {

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

ImageView view_of(const std::vector<char>& bytes, std::size_t frame, int width, int height) {
  ImageView view;
  view.format = PixelFormat::GRAY8;
  view.width = width;
  view.height = height;
  view.planes[0] = {reinterpret_cast<const std::uint8_t*>(bytes.data()) +
                        frame * static_cast<std::size_t>(width) * static_cast<std::size_t>(height),
                    width};
  view.color.full_range = true;
  return view;
}

template <typename T>
T value_of(Result<T> result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "match: %s\n", result.error().message.c_str());
  std::exit(1);
}

void write_matches(std::ofstream& file, std::size_t frame, const MatchResult& result) {
  file.precision(9);
  for (const Match& m : result.matches) {
    file << frame << ',' << m.x0 << ',' << m.y0 << ',' << m.x1 << ',' << m.y1 << ',' << m.confidence
         << '\n';
  }
}

int run(int argc, char** argv) {
  if (argc < 5) return std::fprintf(stderr, "match WEIGHTS FRAMES.raw WIDTH HEIGHT\n"), 2;
  Engine* engine = value_of(load_engine());
  const int width = std::atoi(argv[3]), height = std::atoi(argv[4]);
  MatchOptions options;
  if (argc > 5) options.threshold = std::atof(argv[5]);
  if (argc > 6) options.max_size = std::atoi(argv[6]);
  std::ifstream file(argv[2], std::ios::binary);
  const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
  const std::size_t frames =
      bytes.size() / (static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  std::ofstream written;
  if (argc > 7 && *argv[7]) {
    written.open(argv[7]);
    written << "frame,x0,y0,x1,y1,confidence\n";
  }
  engine->enter_worker("cpu", 0);
  ModelOptions model_options = {argv[1], "cpu"};
  if (argc > 8) model_options.precision = parse_precision(argv[8]).value_or(Precision::Auto);
  const auto model = value_of(engine->load_match_model(model_options));
  const std::size_t weights = engine->memory("cpu").current;
  engine->reset_memory_peak("cpu");

  std::vector<double> encode_ms, match_ms, all_ms, matches;
  std::shared_ptr<const MatchFrame> last;
  for (std::size_t i = 0; i < frames; i++) {
    const auto begin = Clock::now();
    SingleUseImage image(view_of(bytes, i, width, height));
    const auto frame = value_of(model->encode(image, options));
    const double encoded = ms_since(begin);
    if (last) {
      const MatchPair pair = {last, frame};
      const auto result = value_of(model->match(std::span(&pair, 1), options));
      const double matched = ms_since(begin);
      if (written.is_open()) write_matches(written, i, result.front());
      if (i > 1) {
        encode_ms.push_back(encoded);
        match_ms.push_back(matched - encoded);
        all_ms.push_back(matched);
        matches.push_back(static_cast<double>(result.front().matches.size()));
      }
    }
    last = frame;
  }
  const MatchWorkspace stated = model->workspace(width, height, 1, options);
  std::printf(
      "{\"frames\": %zu, \"matches\": %.0f, \"encode_ms\": %.2f, \"match_ms\": %.2f, "
      "\"frame_ms\": %.2f, \"weights_mb\": %.1f, \"peak_less_weights_mb\": %.1f, "
      "\"stated_mb\": {\"encode\": %.1f, \"features\": %.1f, \"match\": %.1f}}\n",
      all_ms.size(), median(matches), median(encode_ms), median(match_ms), median(all_ms),
      weights / 1e6, (engine->memory("cpu").peak - weights) / 1e6, stated.encode / 1e6,
      stated.features / 1e6, stated.match / 1e6);
  for (const StageMemory& stage : engine->memory("cpu").stages) {
    std::printf("  %s %s: peak %.1f MB\n", stage.model.c_str(), stage.stage.c_str(),
                stage.peak / 1e6);
  }
  return 0;
}

}  // namespace
}  // namespace gsttorch

int main(int argc, char** argv) { return gsttorch::run(argc, argv); }
