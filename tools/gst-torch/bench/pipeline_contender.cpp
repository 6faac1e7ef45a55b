// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <chrono>
#include <mutex>

#include <gst/app/gstappsrc.h>
#include <gst/video/video.h>

#include "lib/engine/loader.h"
#include "tools/gst-torch/bench/contender.h"
#include "tools/gst-torch/support/gst_support.h"

namespace gsttorch {
namespace {

using Clock = std::chrono::steady_clock;

// One stream; %d in the names of its elements is its number.
constexpr char kStream[] =
    "appsrc name=frames%d format=time max-bytes=0 ! queue ! scenedetect name=scenes%d ! queue ! "
    "raftflow name=flow%d ! queue ! loftrmatch name=matches%d ! fakesink name=end%d sync=false ";
constexpr std::size_t kWarmUp = 3;  // groups of frames of each run whose times are left out

std::string launch_line(int streams) {
  std::string line;
  for (int i = 0; i < streams; i++) {
    g_autofree gchar* stream = g_strdup_printf(kStream, i, i, i, i, i);
    line += stream;
  }
  return line;
}

Ref<GstElement> element(const Pipeline& pipeline, const std::string& name, int stream) {
  return pipeline.element((name + std::to_string(stream)).c_str());
}

Result<void> set_model(const Ref<GstElement>& element, const std::string& model,
                       const BenchSettings& settings) {
  auto weights = model_weights(model);  // with the command line's own error
  if (!weights) return weights.error();
  g_object_set(element.get(), "model", weights->c_str(), "device",
               settings.compute.device.value_or("auto").c_str(), "batch-size", settings.batch,
               nullptr);
  gst_util_set_object_arg(G_OBJECT(element.get()), "precision",
                          settings.compute.precision.value_or("auto").c_str());
  return {};
}

Result<void> configure(const Pipeline& pipeline, const BenchSettings& settings, int stream) {
  const std::pair<const char*, const std::string&> models[] = {{"scenes", settings.scenes_model},
                                                               {"flow", settings.flow_model},
                                                               {"matches", settings.match_model}};
  for (const auto& [name, model] : models) {
    auto set = set_model(element(pipeline, name, stream), model, settings);
    if (!set) return set;
  }
  g_object_set(element(pipeline, "flow", stream).get(), "iterations", settings.iterations,
               "max-size", settings.max_size, nullptr);
  g_object_set(element(pipeline, "matches", stream).get(), "max-size", settings.max_size, nullptr);
  return {};
}

// All frames at once: they are not copied.
void push_frames(GstAppSrc* source, const BenchFrames& frames, std::size_t count) {
  GstVideoInfo info;
  gst_video_info_set_format(&info, GST_VIDEO_FORMAT_RGB, frames.width(), frames.height());
  info.fps_n = 25;
  const auto caps = Ref<GstCaps>::adopt(gst_video_info_to_caps(&info));
  gst_app_src_set_caps(source, caps.get());
  for (std::size_t i = 0; i < count; i++) {
    const auto pixels = frames.pixels(i);
    GstBuffer* buffer = gst_buffer_new_wrapped_full(
        GST_MEMORY_FLAG_READONLY, const_cast<std::uint8_t*>(pixels.data()), pixels.size(), 0,
        pixels.size(), nullptr, nullptr);
    GST_BUFFER_PTS(buffer) = i * GST_SECOND / info.fps_n;
    GST_BUFFER_DURATION(buffer) = GST_SECOND / info.fps_n;
    gst_app_src_push_buffer(source, buffer);
  }
  gst_app_src_end_of_stream(source);
}

/// When frames came to the ends of all streams, in order. Thread-safe.
class Arrivals {
 public:
  void watch(const Ref<GstElement>& end) {
    const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(end.get(), "sink"));
    gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, &Arrivals::record, this, nullptr);
  }

  /// Only after the pipeline has stopped.
  const std::vector<Clock::time_point>& times() const { return times_; }

 private:
  static GstPadProbeReturn record(GstPad*, GstPadProbeInfo*, gpointer data) {
    auto& arrivals = *static_cast<Arrivals*>(data);
    const std::lock_guard lock(arrivals.mutex_);
    arrivals.times_.push_back(Clock::now());
    return GST_PAD_PROBE_OK;
  }

  std::mutex mutex_;
  std::vector<Clock::time_point> times_;  // mutex_
};

double ms(Clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

// Frames of a batch, and of several streams, come together: each gets its share of a whole group.
std::vector<double> times_per_frame(const std::vector<Clock::time_point>& arrivals,
                                    std::size_t skipped, std::size_t group) {
  std::vector<double> found;
  for (std::size_t i = skipped; i + group < arrivals.size(); i += group) {
    found.insert(found.end(), group, ms(arrivals[i + group] - arrivals[i]) / group);
  }
  return found;
}

class PipelineContender final : public Contender {
 public:
  PipelineContender(const BenchSettings& settings, const BenchFrames& frames, Engine& engine,
                    std::string device)
      : settings_(settings), frames_(frames), engine_(engine), device_(std::move(device)) {}

  std::string model() const override { return "all three"; }
  std::string device() const override { return device_; }
  double load_ms() const override { return load_ms_; }
  std::size_t peak_bytes() const override { return engine_.memory(device_).peak; }

  Result<std::vector<double>> run(std::size_t frames) override;

 private:
  BenchSettings settings_;
  const BenchFrames& frames_;
  Engine& engine_;
  std::string device_;
  double load_ms_ = 0;  // until the first frame has passed, since nothing tells loading apart
};

Result<std::vector<double>> PipelineContender::run(std::size_t frames) {
  const auto start = Clock::now();
  auto pipeline = parse_pipeline(launch_line(settings_.streams));
  if (!pipeline) return pipeline.error();
  const auto group = static_cast<std::size_t>(settings_.batch) * settings_.streams;
  const std::size_t per_stream = (kWarmUp + (frames + group - 1) / group) * settings_.batch + 1;
  Arrivals arrivals;
  for (int i = 0; i < settings_.streams; i++) {
    if (auto done = configure(*pipeline, settings_, i); !done) return done.error();
    arrivals.watch(element(*pipeline, "end", i));
    push_frames(GST_APP_SRC(element(*pipeline, "frames", i).get()), frames_, per_stream);
  }
  const auto done = pipeline->run_unless_interrupted();
  pipeline->stop();  // no probe runs after this
  if (!done) return done.error();
  if (load_ms_ == 0) load_ms_ = ms(arrivals.times().front() - start);
  return times_per_frame(arrivals.times(), kWarmUp * group, group);
}

}  // namespace

Result<std::unique_ptr<Contender>> make_pipeline_contender(const BenchSettings& settings,
                                                           const BenchFrames& frames) {
  const auto engine = load_engine();
  if (!engine) return engine.error();
  auto device = (*engine)->resolve_device(settings.compute.device.value_or("auto"));
  if (!device) return device.error();
  return std::unique_ptr<Contender>(
      new PipelineContender(settings, frames, **engine, std::move(*device)));
}

}  // namespace gsttorch
