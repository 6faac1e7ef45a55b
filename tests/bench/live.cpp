// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors

// Runs a camera, an analyser whose model takes a fixed time, and a sink that drops late frames.
// Reports which frames are rendered and analysed, each frame's latency, and the messages to the
// application. One line per combination of model, sink, queues and max-lateness.
//
//   live [RATE [SECONDS [SLOWNESS...]]]      frames/s; seconds per line; frame durations
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "tests/support/parse.h"
#include "tests/support/test_analyzer.h"

namespace gsttorch {
namespace {

struct Options {
  double rate = 25;
  int seconds = 4;
  std::vector<double> slowness = {0.5, 1, 2, 4, 20};
};

struct Line {
  double slowness;    // of the model, in frame durations
  bool sync;          // of the sink
  const char* queue;  // positions of queues, or ""
  const char* max_lateness;
};

/// Records the frames that arrive at a sink.
class Arrivals {
 public:
  explicit Arrivals(GstElement* sink) : sink_(sink) {
    const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(sink, "sink"));
    gst_pad_add_probe(
        pad.get(), GST_PAD_PROBE_TYPE_BUFFER,
        [](GstPad*, GstPadProbeInfo* info, gpointer self) {
          static_cast<Arrivals*>(self)->add(GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info)));
          return GST_PAD_PROBE_OK;
        },
        this, nullptr);
  }

  double age_ms(int percent) const {
    const std::lock_guard lock(mutex_);
    if (ages_ms_.empty()) return 0;
    std::vector<double> sorted = ages_ms_;
    std::sort(sorted.begin(), sorted.end());
    return sorted[(sorted.size() - 1) * static_cast<std::size_t>(percent) / 100];
  }
  std::size_t count() const {
    const std::lock_guard lock(mutex_);
    return ages_ms_.size();
  }

 private:
  void add(GstClockTime pts) {
    const auto clock = Ref<GstClock>::adopt(gst_element_get_clock(sink_));
    if (!clock) return;
    const auto running =
        static_cast<double>(gst_clock_get_time(clock.get()) - gst_element_get_base_time(sink_));
    const std::lock_guard lock(mutex_);
    ages_ms_.push_back((running - static_cast<double>(pts)) / 1e6);
  }

  GstElement* const sink_;
  mutable std::mutex mutex_;
  std::vector<double> ages_ms_;  // guarded by mutex_
};

guint64 field(GstElement* element, const char* name) {
  GstStructure* stats = nullptr;
  g_object_get(element, "stats", &stats, nullptr);
  guint64 value = 0;
  gst_structure_get_uint64(stats, name, &value);
  gst_structure_free(stats);
  return value;
}

struct Messages {
  int latency = 0, warnings = 0, qos = 0;
};

/// Plays to the end and handles messages like gst-launch.
Messages play(GstElement* pipeline, GstElement* analyzer) {
  Messages told;
  const auto bus = Ref<GstBus>::adopt(gst_element_get_bus(pipeline));
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  while (true) {
    const auto message = Ref<GstMessage>::adopt(gst_bus_timed_pop(bus.get(), 120 * GST_SECOND));
    if (!message) std::exit(1);
    const GstMessageType type = GST_MESSAGE_TYPE(message.get());
    if (type == GST_MESSAGE_LATENCY) gst_bin_recalculate_latency(GST_BIN(pipeline));
    if (type == GST_MESSAGE_EOS || type == GST_MESSAGE_ERROR) break;
    if (GST_MESSAGE_SRC(message.get()) != GST_OBJECT_CAST(analyzer)) continue;
    told.latency += type == GST_MESSAGE_LATENCY;
    told.warnings += type == GST_MESSAGE_WARNING;
    told.qos += type == GST_MESSAGE_QOS;
  }
  return told;
}

// A model that only waits.
void set_model(double seconds) {
  reset_test_work().analyze = [seconds](std::span<AnalyzedFrame> frames,
                                        std::stop_token stop) -> Result<void> {
    const auto wanted = [](const AnalyzedFrame& frame) { return !frame.skipped; };
    if (std::none_of(frames.begin(), frames.end(), wanted)) return {};
    const gint64 end = g_get_monotonic_time() + static_cast<gint64>(seconds * G_USEC_PER_SEC);
    while (g_get_monotonic_time() < end && !stop.stop_requested()) {
      g_usleep(static_cast<gulong>(std::clamp<gint64>(end - g_get_monotonic_time(), 0, 5000)));
    }
    return {};
  };
}

void run(const Options& options, const Line& line) {
  set_model(line.slowness / options.rate);
  const int frames = static_cast<int>(options.rate * options.seconds);
  const std::string where = line.queue;
  const std::string lateness =
      *line.max_lateness ? std::string(" max-lateness=") + line.max_lateness + "000000" : "";
  const std::string launch =
      "videotestsrc is-live=true num-buffers=" + std::to_string(frames) +
      " ! video/x-raw,format=GRAY8,width=64,height=48,framerate=" +
      std::to_string(static_cast<int>(options.rate * 1000)) + "/1000 ! " +
      (where == "before" ? "queue ! " : "") + "testanalyzer name=analyzer" + lateness + " ! " +
      (where == "behind" ? "queue ! " : "") +
      "fakesink name=sink qos=true max-lateness=5000000 sync=" + (line.sync ? "true" : "false");
  const auto pipeline = parse_launch(launch);
  const auto named = [&](const char* name) {
    return Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), name));
  };
  const auto sink = named("sink"), analyzer = named("analyzer");
  const Arrivals arrivals(sink.get());
  const Messages told = play(pipeline.get(), analyzer.get());
  const auto analyzed = static_cast<double>(field(analyzer.get(), "analyzed"));
  const double most = frames / std::max(1.0, line.slowness);
  std::printf(
      "%5.1f  %-5s %-7s %-6s  %4d  %5zu  %5d  %8.0f  %5.2f  %6.0f  %6.0f  %9.0f  %7d %8d %4d\n",
      line.slowness, line.sync ? "sync" : "free", *line.queue ? line.queue : "none",
      *line.max_lateness ? line.max_lateness : "unset", frames, arrivals.count(),
      static_cast<int>(field(sink.get(), "rendered")), analyzed, analyzed / most,
      arrivals.age_ms(50), arrivals.age_ms(95),
      static_cast<double>(field(analyzer.get(), "latency")) / 1e6, told.latency, told.warnings,
      told.qos);
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
}

void run_all(const Options& options) {
  std::printf("%.1f frames/s, %d s a line\n", options.rate, options.seconds);
  std::printf(
      "model  sink  queue   late    sent   came  shown  analysed  share  p50 ms  p95 ms  "
      "announced  LATENCY warnings  QoS\n");
  for (const double slowness : options.slowness) {
    for (const bool sync : {true, false}) {
      for (const char* queue : {"", "before", "behind"}) {
        for (const char* lateness : {"", "0", "40", "200"}) {
          run(options, {slowness, sync, queue, lateness});
        }
      }
    }
  }
}

}  // namespace
}  // namespace gsttorch

int main(int argc, char** argv) {
  gst_init(nullptr, nullptr);
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  gsttorch::Options options;
  if (argc > 1) options.rate = std::atof(argv[1]);
  if (argc > 2) options.seconds = std::atoi(argv[2]);
  if (argc > 3) options.slowness.clear();
  for (int i = 3; i < argc; i++) options.slowness.push_back(std::atof(argv[i]));
  gsttorch::run_all(options);
  return 0;
}
