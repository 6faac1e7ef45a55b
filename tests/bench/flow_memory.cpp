// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors

// Compares the tensor memory that the engine reports with the process memory that the system
// reports, and measures the time per pair of frames.
//
//   flow_memory WEIGHTS WIDTH HEIGHT [PAIRS] [CORRELATION_BUDGET_MB]
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <sys/resource.h>

#include "lib/engine/loader.h"

namespace gsttorch {
namespace {

constexpr double kMega = 1e6;

std::size_t anonymous_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word != "RssAnon:") continue;
    std::size_t kibibytes = 0;
    status >> kibibytes;
    return kibibytes * 1024;
  }
  return 0;
}

/// Peak memory of the process while this object exists, sampled every millisecond.
class PeakWatch {
 public:
  PeakWatch() : thread_([this](std::stop_token stop) { watch(stop); }) {}
  std::size_t finish() {
    thread_.request_stop();
    thread_.join();
    return peak_;
  }

 private:
  void watch(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      peak_ = std::max(peak_.load(), anonymous_bytes());
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  std::atomic<std::size_t> peak_ = 0;
  std::jthread thread_;
};

struct Image {
  Image(int width, int height, double dx) : pixels(static_cast<std::size_t>(width) * height) {
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        const double wave =
            std::sin((x - dx) * 0.21) * std::cos(y * 0.17) + std::sin((x - dx) * 0.05 + y * 0.11);
        pixels[static_cast<std::size_t>(y) * width + x] =
            static_cast<std::uint8_t>(128 + 48 * wave);
      }
    }
    view.format = PixelFormat::GRAY8;
    view.width = width;
    view.height = height;
    view.planes[0] = {pixels.data(), width};
  }
  std::vector<std::uint8_t> pixels;
  ImageView view;
};

template <typename T>
T must(Result<T> result) {
  if (result) return std::move(result).value();
  std::fprintf(stderr, "%s\n", result.error().message.c_str());
  std::exit(1);
}

struct Run {
  std::vector<double> ms;
  long faults = 0;
  double system_ms = 0;
  double cpu_ms = 0;
};

double ms_of(const timeval& time) { return time.tv_sec * 1e3 + time.tv_usec * 1e-3; }

Run run(FlowModel& model, int width, int height, int pairs, const FlowOptions& options) {
  Run done;
  const Image sources[] = {Image(width, height, 0), Image(width, height, 3)};
  SingleUseImage first(sources[0].view);
  auto earlier = must(model.encode(first, options));
  rusage before{}, after{};
  getrusage(RUSAGE_SELF, &before);
  for (int i = 1; i <= pairs; i++) {
    const auto start = std::chrono::steady_clock::now();
    SingleUseImage image(sources[i % 2].view);
    auto later = must(model.encode(image, options));
    const FlowPair pair{earlier, later, nullptr};
    const auto flow = must(model.flow({&pair, 1}, options));
    earlier = later;
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    done.ms.push_back(took.count());
  }
  getrusage(RUSAGE_SELF, &after);
  done.faults = (after.ru_minflt - before.ru_minflt) / pairs;
  done.system_ms = (ms_of(after.ru_stime) - ms_of(before.ru_stime)) / pairs;
  done.cpu_ms = done.system_ms + (ms_of(after.ru_utime) - ms_of(before.ru_utime)) / pairs;
  std::sort(done.ms.begin(), done.ms.end());
  return done;
}

int compare(Engine& engine, const std::string& weights, int width, int height, int pairs,
            const FlowOptions& options) {
  {  // allocates the process's own memory: threads, compiled kernels, tables of libraries
    auto warm_up = must(engine.load_flow_model({weights, "cpu"}));
    run(*warm_up, width, height, 1, options);
  }
  const std::size_t start = anonymous_bytes(), live = engine.memory("cpu").current;
  engine.reset_memory_peak("cpu");
  PeakWatch watch;
  auto model = must(engine.load_flow_model({weights, "cpu"}));
  const Run done = run(*model, width, height, pairs, options);
  const MemoryReport report = engine.memory("cpu");
  const double grown = static_cast<double>(watch.finish() - start) / kMega;
  const double counted = static_cast<double>(report.peak - live) / kMega;
  std::printf(
      "%s %dx%d: median %.1f ms, least %.1f ms; %.1f ms CPU, %ld page faults, %.1f ms in the "
      "kernel "
      "a pair\n",
      model->info().architecture.c_str(), width, height, done.ms[done.ms.size() / 2],
      done.ms.front(), done.cpu_ms, done.faults, done.system_ms);
  std::printf("  counted peak %.1f MB, RssAnon grew by %.1f MB: ratio %.3f\n", counted, grown,
              grown / counted);
  std::printf("  now %.1f MB in %zu blocks, reserved %.1f MB\n", report.current / kMega,
              report.blocks, report.reserved / kMega);
  for (const StageMemory& stage : report.stages) {
    if (stage.peak == 0) continue;
    std::printf("  %s %s: now %.1f MB, peak %.1f MB\n", stage.model.c_str(), stage.stage.c_str(),
                stage.current / kMega, stage.peak / kMega);
  }
  const FlowWorkspace stated = model->workspace(width, height, 1, options);
  std::printf("  stated: encode %.1f MB, features %.1f MB, flow %.1f MB\n", stated.encode / kMega,
              stated.features / kMega, stated.flow / kMega);
  return 0;
}

}  // namespace
}  // namespace gsttorch

int main(int argc, char** argv) {
  using namespace gsttorch;
  if (argc < 4) {
    std::fprintf(stderr, "usage: flow_memory WEIGHTS WIDTH HEIGHT [PAIRS] [CORRELATION_MB]\n");
    return 2;
  }
  FlowOptions options;
  if (argc > 5) options.correlation_budget_bytes = std::strtoull(argv[5], nullptr, 10) << 20;
  Engine* engine = must(load_engine());
  return compare(*engine, argv[1], std::atoi(argv[2]), std::atoi(argv[3]),
                 argc > 4 ? std::atoi(argv[4]) : 10, options);
}
