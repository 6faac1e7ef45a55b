// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors

// Runs only the shot decision, for tests/bench/scenes: reads a model's output for each frame of a
// clip and prints the decisions.
//
//   shot_detect FILE [--scores] [--threshold X] [--look-ahead N] [--floor X] [--min-shot MS]
//     [--luma]
//
// FILE, little-endian: int32 frames, int32 length of a feature, int32 1 if there are probabilities;
// then for each frame int64 pts in ns (negative: none), 1296 bytes of luma (48x27), the feature's
// floats, two floats of probabilities. Prints `kind start middle end confidence` per boundary; with
// --scores also `score frame score distance luma` per frame. --luma ignores the model's output.

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "lib/shots/shot_detector.h"

using gsttorch::ShotDecision;
using gsttorch::ShotDetector;
using gsttorch::ShotFrame;

namespace {

struct Arguments {
  std::string file;
  bool scores = false;
  bool luma_alone = false;
  ShotDetector::Options options;
};

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  if (argc > 1) arguments.file = argv[1];
  for (int i = 2; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--scores") {
      arguments.scores = true;
      continue;
    }
    if (name == "--luma") {
      arguments.luma_alone = true;
      continue;
    }
    const double value = i + 1 < argc ? std::atof(argv[++i]) : 0;
    if (name == "--threshold") arguments.options.threshold = static_cast<float>(value);
    if (name == "--look-ahead") arguments.options.look_ahead = static_cast<unsigned>(value);
    if (name == "--floor") arguments.options.distance_floor = static_cast<float>(value);
    if (name == "--min-shot") {
      arguments.options.min_shot_duration = static_cast<std::int64_t>(value * 1e6);
    }
  }
  return arguments;
}

template <typename T>
void read(std::ifstream& file, T* values, std::size_t count) {
  file.read(reinterpret_cast<char*>(values), static_cast<std::streamsize>(count * sizeof(T)));
}

void print(const std::vector<ShotDecision>& decisions, bool scores) {
  for (const ShotDecision& decision : decisions) {
    if (scores) {
      std::cout << "score " << decision.place.number << ' ' << decision.score << ' '
                << decision.distance << ' ' << decision.mean_luma << '\n';
    }
    for (const auto& boundary : decision.boundaries) {
      std::cout << to_string(boundary.kind) << ' ' << boundary.start.number << ' '
                << boundary.middle.number << ' ' << boundary.end.number << ' '
                << boundary.confidence << '\n';
    }
  }
}

int run(const Arguments& arguments) {
  std::ifstream file(arguments.file, std::ios::binary);
  std::int32_t header[3] = {};
  read(file, header, 3);
  ShotDetector detector(arguments.options);
  std::vector<std::uint8_t> bytes(gsttorch::kShotLumaSize);
  std::vector<float> feature(static_cast<std::size_t>(header[1]));
  for (std::int32_t i = 0; i < header[0] && file; ++i) {
    std::int64_t pts = -1;
    float probabilities[2] = {};
    read(file, &pts, 1);
    read(file, bytes.data(), bytes.size());
    read(file, feature.data(), feature.size());
    if (header[2]) read(file, probabilities, 2);
    const std::vector<float> luma(bytes.begin(), bytes.end());
    ShotFrame frame{{static_cast<std::uint64_t>(i), {}}, luma, feature, {}};
    if (pts >= 0) frame.place.pts = pts;
    if (header[2]) frame.probabilities = {probabilities[0], probabilities[1]};
    if (arguments.luma_alone) frame.feature = {}, frame.probabilities.reset();
    print(detector.push(frame), arguments.scores);
  }
  if (!file) std::cerr << arguments.file << " cannot be read\n";
  print(detector.finish(), arguments.scores);
  return file ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) { return run(parse(argc, argv)); }
