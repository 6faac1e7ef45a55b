// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors

// Measures time per frame and memory of a model on a device over a stream of frames, from pixels in
// CPU memory to results in CPU memory.
//
//   device MODEL WEIGHTS DEVICE FRAMES.raw WIDTH HEIGHT [THRESHOLD]
//
// MODEL: `flow` or `match`, between each frame and the previous one; `features`, per frame;
// `shots`, in windows of 100 frames with a step of 50, whose time is divided among the frames.
// FRAMES.raw: RGB frames in sequence. THRESHOLD: of matches. Omits the first frames, which warm up
// a GPU. Prints one JSON object.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <numeric>
#include <string>
#include <vector>

#include "lib/engine/loader.h"

namespace gsttorch {
namespace {

constexpr std::size_t kWarmUp = 5;
constexpr std::size_t kWindow = 100, kStep = 50;

template <typename T>
T must(Result<T> result) {
  if (result) return std::move(result).value();
  std::fprintf(stderr, "device: %s\n", result.error().message.c_str());
  std::exit(1);
}

using Clock = std::chrono::steady_clock;
double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

struct Video {
  Video(const char* path, int width, int height) : width(width), height(height) {
    std::ifstream file(path, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(file), {});
  }
  std::size_t frame_bytes() const { return std::size_t{3} * width * height; }
  std::size_t count() const { return bytes.size() / frame_bytes(); }
  ImageView frame(std::size_t index) const {
    ImageView view;
    view.format = PixelFormat::RGB;
    view.color.full_range = true;
    view.width = width;
    view.height = height;
    view.planes[0] = {reinterpret_cast<const std::uint8_t*>(bytes.data()) + index * frame_bytes(),
                      3L * width};
    return view;
  }

  int width, height;
  std::vector<char> bytes;
};

struct Measured {
  std::vector<double> ms;       // per frame
  std::vector<double> matches;  // per pair
};

Measured flow(FlowModel& model, const Video& video) {
  Measured measured;
  std::shared_ptr<const FlowFrame> earlier;
  for (std::size_t i = 0; i < video.count(); i++) {
    const auto start = Clock::now();
    SingleUseImage image(video.frame(i));
    auto later = must(model.encode(image, {}));
    if (earlier) {
      const FlowPair pair{earlier, later, nullptr};
      const auto result = must(model.flow({&pair, 1}, {}));
      result.front().forward->host_data();
    }
    earlier = std::move(later);
    measured.ms.push_back(ms_since(start));
  }
  return measured;
}

Measured match(MatchModel& model, const Video& video, double threshold) {
  Measured measured;
  MatchOptions options;
  options.threshold = threshold;
  std::shared_ptr<const MatchFrame> first;
  for (std::size_t i = 0; i < video.count(); i++) {
    const auto start = Clock::now();
    SingleUseImage image(video.frame(i));
    auto second = must(model.encode(image, options));
    if (first) {
      const MatchPair pair{first, second};
      const auto result = must(model.match({&pair, 1}, options));
      measured.matches.push_back(static_cast<double>(result.front().matches.size()));
    }
    first = std::move(second);
    measured.ms.push_back(ms_since(start));
  }
  return measured;
}

Measured features(FeatureModel& model, const Video& video) {
  Measured measured;
  for (std::size_t i = 0; i < video.count(); i++) {
    const auto start = Clock::now();
    SingleUseImage image(video.frame(i));
    FrameImage* const frames[] = {&image};
    must(model.features(frames, {}));
    measured.ms.push_back(ms_since(start));
  }
  return measured;
}

Measured shots(ShotModel& model, const Video& video) {
  Measured measured;
  std::vector<Thumbnail> thumbnails;
  double since_window = 0;
  for (std::size_t i = 0; i < 10 * kStep + kWindow; i++) {
    const auto start = Clock::now();
    SingleUseImage image(video.frame(i % video.count()));
    thumbnails.push_back(must(model.thumbnail(image)));
    if (thumbnails.size() == kWindow) {
      must(model.probabilities(thumbnails));
      thumbnails.erase(thumbnails.begin(), thumbnails.begin() + kStep);
    }
    since_window += ms_since(start);
    if (i % kStep != kStep - 1) continue;
    if (i >= 3 * kStep) measured.ms.push_back(since_window / kStep);
    since_window = 0;
  }
  return measured;
}

Measured run(Engine& engine, const std::string& kind, const ModelOptions& options,
             const Video& video, double threshold) {
  if (kind == "flow") return flow(*must(engine.load_flow_model(options)), video);
  if (kind == "match") return match(*must(engine.load_match_model(options)), video, threshold);
  if (kind == "features") return features(*must(engine.load_feature_model(options)), video);
  if (kind == "shots") return shots(*must(engine.load_shot_model(options)), video);
  std::fprintf(stderr, "device: no model %s\n", kind.c_str());
  std::exit(2);
}

void print(const std::string& kind, const std::string& device, const Video& video,
           Measured measured, const MemoryReport& memory) {
  std::vector<double>& ms = measured.ms;
  if (kind != "shots") ms.erase(ms.begin(), ms.begin() + std::min(kWarmUp, ms.size()));
  if (ms.empty()) return;
  std::sort(ms.begin(), ms.end());
  const double mean = std::accumulate(ms.begin(), ms.end(), 0.) / ms.size();
  const std::vector<double>& found = measured.matches;
  std::printf(
      "{\"model\": \"%s\", \"device\": \"%s\", \"size\": \"%dx%d\", \"n\": %zu, \"ms\": {\"p50\": "
      "%.3f, \"mean\": %.3f, \"least\": %.3f, \"p95\": %.3f}, \"matches\": %.1f, \"peak_mb\": "
      "%.1f, \"reserved_mb\": %.1f}\n",
      kind.c_str(), device.c_str(), video.width, video.height, ms.size(), ms[ms.size() / 2], mean,
      ms.front(), ms[ms.size() * 95 / 100],
      found.empty() ? 0 : std::accumulate(found.begin(), found.end(), 0.) / found.size(),
      memory.peak / 1e6, memory.reserved / 1e6);
}

}  // namespace
}  // namespace gsttorch

int main(int argc, char** argv) {
  using namespace gsttorch;
  if (argc < 7) {
    std::fprintf(stderr,
                 "usage: device MODEL WEIGHTS DEVICE FRAMES.raw WIDTH HEIGHT [THRESHOLD]\n");
    return 2;
  }
  Engine* engine = must(load_engine());
  const std::string kind = argv[1], device = must(engine->resolve_device(argv[3]));
  const Video video(argv[4], std::atoi(argv[5]), std::atoi(argv[6]));
  engine->enter_worker(device, 0);
  engine->reset_memory_peak(device);
  const Measured measured =
      run(*engine, kind, {argv[2], device}, video, argc > 7 ? std::atof(argv[7]) : 0.2);
  print(kind, device, video, measured, engine->memory(device));
  return 0;
}
