// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Measures what writing and drawing results cost a stream. Frames with synthetic flow results run
// through the elements in alternating rounds, so that other load affects all alike. For each
// element: the median time per frame, its difference to that without the element, and CPU time per
// frame.
//
//   results_cost DIRECTORY [WIDTH HEIGHT FRAMES WORK_MS ROUNDS]
//
// WORK_MS: simulated inference time per frame, spent waiting as for a GPU.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/resource.h>

#include "tests/support/gst_pipeline.h"
#include "tests/support/gst_support.h"

namespace gsttorch {
namespace {

struct Load {
  std::string directory;
  guint width = 448;
  guint height = 256;
  int frames = 300;
  double work_ms = 10;
  int rounds = 5;
};

struct Variant {
  const char* name;
  std::string element;
  std::vector<double> wall_ms;  // per frame
  std::vector<double> cpu_ms;
};

double cpu_ms() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto ms = [](const timeval& t) {
    return 1e3 * static_cast<double>(t.tv_sec) + 1e-3 * static_cast<double>(t.tv_usec);
  };
  return ms(usage.ru_utime) + ms(usage.ru_stime);
}

Ref<GstBuffer> some_flow(const Load& load) {
  std::vector<float> vectors(2 * std::size_t{load.width} * load.height);
  for (std::size_t i = 0; i < vectors.size(); i++) {
    vectors[i] = static_cast<float>(i * 2654435761u % 2000) * 0.01f - 10;
  }
  return make_array(vectors);
}

struct Model {
  Ref<GstBuffer> flow;
  const Load& load;
};

GstPadProbeReturn compute(GstPad*, GstPadProbeInfo* info, gpointer data) {
  const auto* model = static_cast<const Model*>(data);
  auto* frame = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
  const GstTorchFlow flow = describe_flow(model->load.width, model->load.height, model->flow.get());
  gst_buffer_add_torch_flow_meta(frame, &flow);
  GST_PAD_PROBE_INFO_DATA(info) = frame;
  g_usleep(static_cast<gulong>(model->load.work_ms * 1e3));
  return GST_PAD_PROBE_OK;
}

void run(Variant& variant, const Load& load) {
  std::filesystem::remove_all(load.directory);
  const std::string line = "videotestsrc pattern=black num-buffers=" + std::to_string(load.frames) +
                           " ! video/x-raw,format=BGRx,width=" + std::to_string(load.width) +
                           ",height=" + std::to_string(load.height) + " ! identity ! " +
                           variant.element + " ! fakesink sync=false";
  Model model{some_flow(load), load};
  const double cpu_before = cpu_ms();
  const auto start = std::chrono::steady_clock::now();
  const std::string end = run_pipeline(line, [&](GstElement* pipeline) {
    for_each_pad(pipeline, "identity", "src", [&](GstPad* pad) {
      gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, compute, &model, nullptr);
    });
  });
  const std::chrono::duration<double, std::milli> wall = std::chrono::steady_clock::now() - start;
  if (end != "eos") std::fprintf(stderr, "%s: %s\n", variant.name, end.c_str());
  variant.wall_ms.push_back(wall.count() / load.frames);
  variant.cpu_ms.push_back((cpu_ms() - cpu_before) / load.frames);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::vector<Variant> variants(const Load& load) {
  const std::string writer = "analysiswriter location=" + load.directory;
  const std::string snapshot =
      "analysisoverlay every=0 snapshot-location=" + load.directory + "/%05d.png snapshot-every=";
  return {{"nothing", "valve", {}, {}},
          {"writer, lines only", writer + " flow-every=0", {}, {}},
          {"writer, .flo of every frame", writer, {}, {}},
          {"writer, .npz of every frame", writer + " flow-file-format=npz", {}, {}},
          {"overlay every=30", "analysisoverlay every=30", {}, {}},
          {"overlay every=1", "analysisoverlay", {}, {}},
          {"snapshot every 30th", snapshot + "30", {}, {}},
          {"snapshot every frame", snapshot + "1", {}, {}}};
}

void measure(const Load& load) {
  std::vector<Variant> all = variants(load);
  for (int round = 0; round < load.rounds; round++) {
    for (Variant& variant : all) run(variant, load);
  }
  const double base = median(all[0].wall_ms);
  std::printf("%ux%u, %d frames, %g ms of work each, median of %d rounds\n", load.width,
              load.height, load.frames, load.work_ms, load.rounds);
  for (const Variant& variant : all) {
    std::printf("%-28s %8.3f ms/frame %+6.1f %%   CPU %7.3f ms/frame\n", variant.name,
                median(variant.wall_ms), 100 * (median(variant.wall_ms) / base - 1),
                median(variant.cpu_ms));
  }
}

}  // namespace
}  // namespace gsttorch

int main(int argc, char** argv) {
  if (argc != 2 && argc != 7) {
    std::fprintf(stderr, "usage: results_cost DIRECTORY [WIDTH HEIGHT FRAMES WORK_MS ROUNDS]\n");
    return 2;
  }
  gsttorch::Load load;
  load.directory = std::string(argv[1]) + "/results-cost";
  if (argc == 7) {
    load.width = static_cast<guint>(std::atoi(argv[2]));
    load.height = static_cast<guint>(std::atoi(argv[3]));
    load.frames = std::atoi(argv[4]);
    load.work_ms = std::atof(argv[5]);
    load.rounds = std::atoi(argv[6]);
  }
  gst_init(nullptr, nullptr);
  gsttorch::measure(load);
  std::filesystem::remove_all(load.directory);
  return 0;
}
