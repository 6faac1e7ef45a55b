// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Measures cost and benefit of adaptive matching. A camera zooms, pans and stands still over a
// plane of real images; loftrmatch runs with adaptive=false and adaptive=true in alternation. For
// each part: the time per frame, the distance of the frame's corners between the homography fitted
// to the matches and the true one, and the number of right matches.
//
//   adaptive [-w WIDTH] [-h HEIGHT] [-n FRAMES] [-s SEEDS] [-p "PROPERTIES"] [-a "PROPERTIES"]
//            IMAGE...
//
// FRAMES per part and SEEDS films. PROPERTIES of both elements (-p) and of the adaptive one (-a),
// which can also configure it without adaptive: -a "adaptive=false token-pruning=0.3".
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include <unistd.h>

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

#include "lib/gst/gsttorchmatchmeta.h"
#include "lib/gst/util/ref.h"
#include "lib/vision/geometry.h"
#include "tests/bench/moving_camera.h"

namespace gsttorch {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  CameraPath path;
  int seeds = 4;
  std::string both, adaptive;
  std::vector<std::string> images;
};

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "adaptive: %s\n", why.c_str());
  std::exit(1);
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

class Pipeline {
 public:
  explicit Pipeline(const std::string& line) {
    GError* failure = nullptr;
    GstElement* parsed = gst_parse_launch(line.c_str(), &failure);
    if (failure) fail(failure->message);
    pipeline_ = Ref<GstElement>::adopt(GST_ELEMENT(gst_object_ref_sink(parsed)));
    in_ = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(parsed), "in"));
    out_ = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(parsed), "out"));
    gst_element_set_state(parsed, GST_STATE_PLAYING);
  }
  ~Pipeline() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  void push(GstBuffer* buffer) { gst_app_src_push_buffer(GST_APP_SRC(in_.get()), buffer); }

  Ref<GstSample> pull() {
    GstSample* sample = gst_app_sink_try_pull_sample(GST_APP_SINK(out_.get()), 60 * GST_SECOND);
    if (sample) return Ref<GstSample>::adopt(sample);
    const auto bus = Ref<GstBus>::adopt(gst_element_get_bus(pipeline_.get()));
    GstMessage* message = gst_bus_pop_filtered(bus.get(), GST_MESSAGE_ERROR);
    if (!message) fail("no frame came out");
    GError* error = nullptr;
    gst_message_parse_error(message, &error, nullptr);
    fail(error->message);
  }

 private:
  Ref<GstElement> pipeline_, in_, out_;
};

GreyImage read_image(const std::string& path) {
  Pipeline pipeline("filesrc location=\"" + path +
                    "\" ! decodebin ! videoconvert ! video/x-raw,format=GRAY8 ! "
                    "appsink name=out sync=false");
  const Ref<GstSample> sample = pipeline.pull();
  const GstStructure* caps = gst_caps_get_structure(gst_sample_get_caps(sample.get()), 0);
  GreyImage image;
  gst_structure_get_int(caps, "width", &image.width);
  gst_structure_get_int(caps, "height", &image.height);
  const int stride = (image.width + 3) / 4 * 4;
  image.pixels.resize(static_cast<std::size_t>(image.width) * image.height);
  for (int y = 0; y < image.height; y++) {
    gst_buffer_extract(gst_sample_get_buffer(sample.get()), static_cast<gsize>(y) * stride,
                       image.pixels.data() + static_cast<std::size_t>(y) * image.width,
                       static_cast<gsize>(image.width));
  }
  return image;
}

// One element's result for one frame.
struct Outcome {
  double ms = 0, corner_px = 0;
  double matches = 0, passes = 0;
  double right = 0;  // matches within 3 px of the truth
};

class Matcher {
 public:
  Matcher(const Options& options, const std::string& properties)
      : pipeline_(
            "appsrc name=in format=time max-buffers=4 "
            "caps=video/x-raw,format=GRAY8,framerate=25/1,colorimetry=1:1:0:0,width=" +
            std::to_string(options.path.width) + ",height=" + std::to_string(options.path.height) +
            " ! loftrmatch model=loftr-lite " + options.both + ' ' + properties +
            " ! appsink name=out sync=false") {}

  /// Matches with the previous frame.
  Outcome next(const CameraFrame& frame, const CameraFrame* before) {
    GstBuffer* buffer = gst_buffer_new_memdup(frame.image.pixels.data(), frame.image.pixels.size());
    GST_BUFFER_PTS(buffer) = count_++ * 40 * GST_MSECOND;
    GST_BUFFER_DURATION(buffer) = 40 * GST_MSECOND;
    const auto begin = Clock::now();
    pipeline_.push(buffer);
    const Ref<GstSample> sample = pipeline_.pull();
    Outcome outcome;
    outcome.ms = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
    GstTorchMatch* match = gst_buffer_get_torch_match(gst_sample_get_buffer(sample.get()), nullptr);
    if (before && match) judge(*match, *before, frame, outcome);
    if (match) gst_torch_match_free(match);
    return outcome;
  }

 private:
  static void judge(const GstTorchMatch& match, const CameraFrame& before, const CameraFrame& frame,
                    Outcome& outcome) {
    std::vector<float> rows(std::size_t{match.count} * GST_TORCH_MATCH_COLUMNS);
    if (match.matches) gst_buffer_extract(match.matches, 0, rows.data(), rows.size() * 4);
    std::vector<Match> matches;
    for (std::size_t i = 0; i < rows.size(); i += GST_TORCH_MATCH_COLUMNS) {
      matches.push_back({rows[i], rows[i + 1], rows[i + 2], rows[i + 3], rows[i + 4]});
    }
    const auto vision = load_vision();
    if (!vision) fail(vision.error().message);
    GeometryOptions options;
    options.refine = true;
    const auto geometry = (*vision)->estimate(matches, options);
    outcome.matches = match.count;
    const Homography truth = between(before, frame);
    for (const Match& m : matches) {
      const auto [x, y] = apply(truth, m.x0, m.y0);
      outcome.right += std::hypot(m.x1 - x, m.y1 - y) <= 3;
    }
    outcome.passes = match.passes;
    outcome.corner_px =
        geometry && geometry->matrix
            ? corner_error(*geometry->matrix, truth, frame.image.width, frame.image.height)
            : 1e3;
  }

  Pipeline pipeline_;
  guint64 count_ = 0;
};

struct Column {
  std::vector<double> ms, corner_px, matches, passes, right;

  void add(const Outcome& outcome) {
    ms.push_back(outcome.ms);
    corner_px.push_back(outcome.corner_px);
    matches.push_back(outcome.matches);
    passes.push_back(outcome.passes);
    right.push_back(outcome.right);
  }
  double percent_right() const { return 100 * mean(right) / std::max(1e-9, mean(matches)); }
};

struct Table {
  Column fixed, adaptive;
};

void print(const char* name, const Table& t) {
  const double time = mean(t.adaptive.ms) / mean(t.fixed.ms);
  const double error = median(t.adaptive.corner_px) / median(t.fixed.corner_px);
  std::printf(
      "%-5s %3zu pairs: %6.1f -> %6.1f ms (%.3f), corners %.3f -> %.3f px (%.3f), "
      "matches %.0f -> %.0f, right %.2f -> %.2f %%, "
      "passes %.2f\n",
      name, t.fixed.ms.size(), mean(t.fixed.ms), mean(t.adaptive.ms), time,
      median(t.fixed.corner_px), median(t.adaptive.corner_px), error, mean(t.fixed.matches),
      mean(t.adaptive.matches), t.fixed.percent_right(), t.adaptive.percent_right(),
      mean(t.adaptive.passes));
}

Options parse(int argc, char** argv) {
  Options options;
  int option = 0;
  while ((option = getopt(argc, argv, "w:h:n:s:p:a:")) != -1) {
    if (option == 'w') options.path.width = std::atoi(optarg);
    if (option == 'h') options.path.height = std::atoi(optarg);
    if (option == 'n') options.path.frames = std::atoi(optarg);
    if (option == 's') options.seeds = std::atoi(optarg);
    if (option == 'p') options.both = optarg;
    if (option == 'a') options.adaptive = optarg;
    if (option == '?') std::exit(2);
  }
  for (; optind < argc; optind++) options.images.emplace_back(argv[optind]);
  if (options.images.empty()) fail("no images");
  return options;
}

int run(int argc, char** argv) {
  Options options = parse(argc, argv);
  std::vector<GreyImage> images;
  for (const std::string& path : options.images) images.push_back(read_image(path));
  const GreyImage plane = mosaic(images, options.path.width, options.path.height);
  Matcher fixed(options, ""), adaptive(options, "adaptive=true " + options.adaptive);
  std::map<CameraPart, Table> tables;
  Table all;
  for (int seed = 0; seed < options.seeds; seed++) {
    options.path.seed = static_cast<std::uint32_t>(1 + seed);
    const std::vector<CameraFrame> frames = film(plane, options.path);
    for (std::size_t i = 0; i < frames.size(); i++) {
      const bool is_pair = i > 0 && frames[i].part == frames[i - 1].part;
      const CameraFrame* before = is_pair ? &frames[i - 1] : nullptr;
      const Outcome one = fixed.next(frames[i], before), other = adaptive.next(frames[i], before);
      if (!is_pair) continue;
      for (Table* table : {&tables[frames[i].part], &all}) {
        table->fixed.add(one);
        table->adaptive.add(other);
      }
    }
  }
  print("zoom", tables[CameraPart::Zoom]);
  print("pan", tables[CameraPart::Pan]);
  print("still", tables[CameraPart::Still]);
  print("all", all);
  return 0;
}

}  // namespace
}  // namespace gsttorch

int main(int argc, char** argv) {
  gst_init(nullptr, nullptr);
  return gsttorch::run(argc, argv);
}
