// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors

// Time and memory of flow between successive frames on a device.
//
//   flow_device WEIGHTS DEVICE WIDTH HEIGHT [FRAMES] [ITERATIONS]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "lib/engine/loader.h"
#include "tests/support/picture.h"

namespace gsttorch {
namespace {

template <typename T>
T must(Result<T> result) {
  if (result) return std::move(result).value();
  std::fprintf(stderr, "%s\n", result.error().message.c_str());
  std::exit(1);
}

using Clock = std::chrono::steady_clock;
double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

void run(FlowModel& model, int width, int height, int frames, const FlowOptions& options) {
  const Picture pictures[] = {Picture(width, height, 0), Picture(width, height, 3)};
  std::shared_ptr<const FlowFrame> earlier;
  std::vector<double> ms;
  for (int i = 0; i < frames + 4; i++) {
    const auto start = Clock::now();
    SingleUseImage image(pictures[i % 2].view);
    auto later = must(model.encode(image, options));
    if (earlier) {
      const FlowPair pair{earlier, later, nullptr};
      must(model.flow({&pair, 1}, options));
    }
    earlier = std::move(later);
    if (i >= 4) ms.push_back(ms_since(start));  // after warm-up
  }
  std::sort(ms.begin(), ms.end());
  std::printf("%s on %s, %dx%d, %d iterations: median %.2f ms a frame, least %.2f, p95 %.2f\n",
              model.info().architecture.c_str(), model.info().device.c_str(), width, height,
              options.iterations, ms[ms.size() / 2], ms.front(), ms[ms.size() * 95 / 100]);
}

void print_memory(Engine& engine, const std::string& device) {
  const MemoryReport report = engine.memory(device);
  std::printf("  tensors: peak %.1f MB, reserved %.1f MB\n", report.peak / 1e6,
              report.reserved / 1e6);
}

}  // namespace
}  // namespace gsttorch

int main(int argc, char** argv) {
  using namespace gsttorch;
  if (argc < 5) {
    std::fprintf(stderr, "usage: flow_device WEIGHTS DEVICE WIDTH HEIGHT [FRAMES] [ITERATIONS]\n");
    return 2;
  }
  FlowOptions options;
  if (argc > 6) options.iterations = std::atoi(argv[6]);
  Engine* engine = must(load_engine());
  const auto start = Clock::now();
  auto model = must(engine->load_flow_model({argv[1], argv[2]}));
  std::printf("loaded in %.0f ms\n", ms_since(start));
  const std::string device = model->info().device;
  engine->enter_lane(device, 0);
  engine->reset_memory_peak(device);
  run(*model, std::atoi(argv[3]), std::atoi(argv[4]), argc > 5 ? std::atoi(argv[5]) : 20, options);
  print_memory(*engine, device);
  return 0;
}
