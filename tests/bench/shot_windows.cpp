// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
//
// Measures TransNetV2 with one window of frames at a time and with several, in turn.
//
//   shot_windows WEIGHTS [DEVICE [ROUNDS]]
//
// Prints, for each number of windows, the medians of wall time and of the process' CPU time per
// window, each also as a ratio to single windows, and the largest difference of the results.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include <sys/resource.h>

#include "lib/engine/loader.h"

namespace gsttorch {
namespace {

constexpr std::size_t kLength = 100, kStep = 50, kCounts[] = {1, 2, 4};

template <typename T>
T value_of(Result<T> result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "shot_windows: %s\n", result.error().message.c_str());
  std::exit(1);
}

double wall_ms() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double, std::milli>(now).count();
}

double cpu_ms() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto ms = [](const timeval& t) { return 1e3 * double(t.tv_sec) + double(t.tv_usec) / 1e3; };
  return ms(usage.ru_utime) + ms(usage.ru_stime);
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

// Gradients that move, and another image every 40 frames.
std::vector<Thumbnail> film(std::size_t count) {
  std::vector<Thumbnail> frames(count);
  for (std::size_t i = 0; i < count; i++) {
    for (std::size_t p = 0; p < frames[i].rgb.size(); p++) {
      frames[i].rgb[p] = static_cast<std::uint8_t>((p * (3 + i / 40) + 2 * i) % 251);
    }
  }
  return frames;
}

struct Times {
  std::vector<double> wall, cpu;
};

// All windows of the frames, `at_once` at a time.
std::vector<ShotProbabilities> score(ShotModel& model, std::span<const Thumbnail> frames,
                                     std::size_t at_once, Times& times) {
  std::vector<ShotProbabilities> all;
  const std::size_t windows = frames.size() / kStep - 1;
  const double wall = wall_ms(), cpu = cpu_ms();
  for (std::size_t w = 0; w < windows; w += at_once) {
    const auto part = frames.subspan(w * kStep, (at_once + 1) * kStep);
    const auto found = value_of(model.probabilities(part, at_once));
    all.insert(all.end(), found.begin(), found.end());
  }
  times.wall.push_back((wall_ms() - wall) / static_cast<double>(windows));
  times.cpu.push_back((cpu_ms() - cpu) / static_cast<double>(windows));
  return all;
}

int run(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "shot_windows WEIGHTS [DEVICE [ROUNDS]]\n"), 2;
  Engine* engine = value_of(load_engine());
  const auto model = value_of(engine->load_shot_model({argv[1], argc > 2 ? argv[2] : "cpu"}));
  const int rounds = argc > 3 ? std::atoi(argv[3]) : 5;
  const auto frames = film(kLength + 3 * kStep);
  Times times[std::size(kCounts)];
  float apart = 0;
  for (int round = 0; round < rounds + 1; round++) {  // the first one warms up
    std::vector<ShotProbabilities> single;
    for (std::size_t i = 0; i < std::size(kCounts); i++) {
      if (round == 1) times[i] = {};
      const auto found = score(*model, frames, kCounts[i], times[i]);
      if (i == 0) single = found;
      for (std::size_t f = 0; f < found.size(); f++) {
        apart = std::max(apart, std::abs(found[f].single - single[f].single));
      }
    }
  }
  const double wall = median(times[0].wall), cpu = median(times[0].cpu);
  std::printf(
      "| windows at once | ms a window | ratio | CPU ms a window | ratio "
      "|\n|---|---|---|---|---|\n");
  for (std::size_t i = 0; i < std::size(kCounts); i++) {
    const double w = median(times[i].wall), c = median(times[i].cpu);
    std::printf("| %zu | %.1f | %.3f | %.1f | %.3f |\n", kCounts[i], w, w / wall, c, c / cpu);
  }
  std::printf("largest difference of a probability: %g\n", static_cast<double>(apart));
  return 0;
}

}  // namespace
}  // namespace gsttorch

int main(int argc, char** argv) { return gsttorch::run(argc, argv); }
