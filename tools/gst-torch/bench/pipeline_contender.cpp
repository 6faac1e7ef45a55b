// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <chrono>

#include <gst/app/gstappsrc.h>
#include <gst/video/video.h>

#include "lib/engine/loader.h"
#include "tools/gst-torch/bench/contender.h"
#include "tools/gst-torch/support/gst_support.h"

namespace gsttorch {
namespace {

using Clock = std::chrono::steady_clock;

constexpr char kPipeline[] =
    "appsrc name=frames format=time max-bytes=0 ! queue ! scenedetect name=scenes ! queue ! "
    "raftflow name=flow ! queue ! loftrmatch name=matches ! fakesink name=end sync=false";
constexpr std::size_t kWarmUp = 3;  // frames of each run whose times are left out

Result<std::string> set_model(const Pipeline& pipeline, const char* name, const std::string& model,
                              const BenchSettings& settings) {
  auto weights = model_weights(model);  // with the command line's own error
  if (!weights) return weights;
  const auto element = pipeline.element(name);
  g_object_set(element.get(), "model", weights->c_str(), "device",
               settings.compute.device.value_or("auto").c_str(), "batch-size", settings.batch,
               nullptr);
  gst_util_set_object_arg(G_OBJECT(element.get()), "precision",
                          settings.compute.precision.value_or("auto").c_str());
  return weights;
}

Result<void> configure(const Pipeline& pipeline, const BenchSettings& settings) {
  const std::pair<const char*, const std::string&> models[] = {{"scenes", settings.scenes_model},
                                                               {"flow", settings.flow_model},
                                                               {"matches", settings.match_model}};
  for (const auto& [name, model] : models) {
    if (auto set = set_model(pipeline, name, model, settings); !set) return set.error();
  }
  g_object_set(pipeline.element("flow").get(), "iterations", settings.iterations, "max-size",
               settings.max_size, nullptr);
  g_object_set(pipeline.element("matches").get(), "max-size", settings.max_size, nullptr);
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

GstPadProbeReturn record_time(GstPad*, GstPadProbeInfo*, gpointer data) {
  static_cast<std::vector<Clock::time_point>*>(data)->push_back(Clock::now());
  return GST_PAD_PROBE_OK;
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
  auto pipeline = parse_pipeline(kPipeline);
  if (!pipeline) return pipeline.error();
  if (auto done = configure(*pipeline, settings_); !done) return done.error();
  std::vector<Clock::time_point> times;
  const auto pad =
      Ref<GstPad>::adopt(gst_element_get_static_pad(pipeline->element("end").get(), "sink"));
  gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, record_time, &times, nullptr);
  push_frames(GST_APP_SRC(pipeline->element("frames").get()), frames_, frames + kWarmUp + 1);
  const auto done = pipeline->run_unless_interrupted();
  pipeline->stop();  // no probe runs after this
  if (!done) return done.error();
  const auto ms = [](auto duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
  };
  if (load_ms_ == 0 && !times.empty()) load_ms_ = ms(times.front() - start);
  std::vector<double> between;
  for (std::size_t i = kWarmUp + 1; i < times.size(); i++) {
    between.push_back(ms(times[i] - times[i - 1]));
  }
  return between;
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
