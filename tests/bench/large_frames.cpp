// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Measures what frames larger than the model's input cost raftflow in addition to the model:
// scaling down, and scaling the flow up to the frame. For each size: the median time per frame
// through the element, and that of frames of the model's input size. Both alternate, so that other
// load affects them alike.
//
//   large_frames MODEL [ITERATIONS FRAMES ROUNDS]
//
// MODEL: a name of models/manifest.json or a weights file.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/gst_support.h"

namespace gsttorch {
namespace {

struct Load {
  std::string model;
  guint iterations = 4;
  int frames = 6;  // per round; those before the first round start the stream and are not counted
  int rounds = 5;
};

struct Size {
  int width, height;
};

struct Case {
  Size frame;
  int max_size;

  Size inside() const {
    const double scale = static_cast<double>(max_size) / std::max(frame.width, frame.height);
    return {static_cast<int>(std::lround(frame.width * scale)),
            static_cast<int>(std::lround(frame.height * scale))};
  }
};

constexpr Case kCases[] = {
    {{1280, 720}, 256}, {{1280, 720}, 448}, {{1920, 1080}, 256}, {{1920, 1080}, 448}};

/// A smooth pattern in NV12, as decoders give it, that moves by `shift` pixels.
Ref<GstBuffer> image(const GstVideoInfo& info, double shift) {
  std::vector<guint8> pixels(GST_VIDEO_INFO_SIZE(&info), 128);
  for (int y = 0; y < GST_VIDEO_INFO_HEIGHT(&info); y++) {
    guint8* row = pixels.data() + static_cast<gsize>(y) * GST_VIDEO_INFO_PLANE_STRIDE(&info, 0);
    for (int x = 0; x < GST_VIDEO_INFO_WIDTH(&info); x++) {
      row[x] = static_cast<guint8>(128 + 60 * std::sin((x - shift) * 0.05) * std::cos(y * 0.03));
    }
  }
  return make_array(pixels);
}

/// A stream of frames of one size through a raftflow.
class Stream {
 public:
  Stream(const Load& load, const Size& size, int max_size)
      : harness_("raftflow model=" + load.model + " iterations=" + std::to_string(load.iterations) +
                 " max-size=" + std::to_string(max_size)) {
    GstVideoInfo info;
    gst_video_info_set_format(&info, GST_VIDEO_FORMAT_NV12, size.width, size.height);
    GST_VIDEO_INFO_FPS_N(&info) = 25;
    gst_harness_set_src_caps(harness_.get(), gst_video_info_to_caps(&info));
    for (const double shift : {0., 3.}) images_.push_back(image(info, shift));
    ms_.reserve(load.frames * load.rounds);
    push();  // the first frame has no flow but loads the model
    push();  // one-time costs of the first flow
  }

  void run(int frames) {
    for (int i = 0; i < frames; i++) {
      const auto start = std::chrono::steady_clock::now();
      push();
      const std::chrono::duration<double, std::milli> took =
          std::chrono::steady_clock::now() - start;
      ms_.push_back(took.count());
    }
  }

  double median_ms() const {
    std::vector<double> sorted = ms_;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }

 private:
  void push() {
    auto buffer = Ref<GstBuffer>::adopt(gst_buffer_copy(images_[count_ % 2].get()));
    GST_BUFFER_PTS(buffer.get()) = count_++ * 40 * GST_MSECOND;
    GST_BUFFER_DURATION(buffer.get()) = 40 * GST_MSECOND;
    if (harness_.push_and_pull(std::move(buffer))) return;
    std::fprintf(stderr, "%s\n", harness_.bus.wait_for(GST_MESSAGE_ERROR).c_str());
    std::exit(1);
  }

  Harness harness_;
  std::vector<Ref<GstBuffer>> images_;
  std::vector<double> ms_;
  guint64 count_ = 0;
};

void measure(const Load& load) {
  std::printf("%s, %u iterations, medians of %d frames\n", load.model.c_str(), load.iterations,
              load.frames * load.rounds);
  for (const Case& c : kCases) {
    const Size inside = c.inside();
    Stream large(load, c.frame, c.max_size), own(load, inside, 0);
    for (int round = 0; round < load.rounds; round++) {
      large.run(load.frames);
      own.run(load.frames);
    }
    const double large_ms = large.median_ms(), own_ms = own.median_ms();
    std::printf("%4dx%-4d max-size %3d: %7.1f ms a frame, %7.1f ms at %dx%d: ratio %.2f\n",
                c.frame.width, c.frame.height, c.max_size, large_ms, own_ms, inside.width,
                inside.height, large_ms / own_ms);
  }
}

}  // namespace
}  // namespace gsttorch

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  if (argc != 2 && argc != 5) {
    std::fprintf(stderr, "usage: large_frames MODEL [ITERATIONS FRAMES ROUNDS]\n");
    return 2;
  }
  gsttorch::Load load;
  load.model = argv[1];
  if (argc == 5) {
    load.iterations = static_cast<guint>(std::atoi(argv[2]));
    load.frames = std::atoi(argv[3]);
    load.rounds = std::atoi(argv[4]);
  }
  gsttorch::measure(load);
  return 0;
}
