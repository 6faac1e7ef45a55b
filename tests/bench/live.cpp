// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors

// A live source in front of a raftflow and a sink that keeps time: what is dropped, and what the
// element says about its latency against what a frame takes. All rates are multiples of one that is
// measured first, and all figures are ratios within one run.
//
//   live WEIGHTS [WIDTH HEIGHT [SECONDS]]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <gst/gst.h>

#include "lib/gst/ref.h"

namespace gsttorch {
namespace {

struct Options {
  std::string weights;
  int width = 128, height = 128;
  int seconds = 20;
};

/// Notes when frames pass the pads of an element, by their PTS.
class Passage {
 public:
  explicit Passage(GstElement* element) : element_(element) {
    watch(element, "sink", &Passage::entered);
    watch(element, "src", &Passage::left);
  }

  /// Times inside the element in order of leaving, ns.
  std::vector<double> times() const {
    const std::lock_guard lock(mutex_);
    return times_;
  }
  /// How long after its timestamp each left by the pipeline's clock, ns.
  std::vector<double> ages() const {
    const std::lock_guard lock(mutex_);
    return ages_;
  }
  std::size_t frames_in() const {
    const std::lock_guard lock(mutex_);
    return frames_in_;
  }

 private:
  using Note = void (Passage::*)(GstClockTime pts);
  template <typename T>
  void watch(GstElement* element, const char* name, T note) {
    auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(element, name));
    auto* bound = new std::function<void(GstClockTime)>(
        [this, note](GstClockTime pts) { (this->*note)(pts); });
    gst_pad_add_probe(
        pad.get(), GST_PAD_PROBE_TYPE_BUFFER,
        [](GstPad*, GstPadProbeInfo* info, gpointer data) {
          (*static_cast<std::function<void(GstClockTime)>*>(data))(
              GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info)));
          return GST_PAD_PROBE_OK;
        },
        bound, [](gpointer data) { delete static_cast<std::function<void(GstClockTime)>*>(data); });
  }
  void entered(GstClockTime pts) {
    const std::lock_guard lock(mutex_);
    inside_[pts] = g_get_monotonic_time();
    frames_in_++;
  }
  void left(GstClockTime pts) {
    const std::lock_guard lock(mutex_);
    times_.push_back(static_cast<double>(g_get_monotonic_time() - inside_[pts]) * 1e3);
    inside_.erase(pts);
    const auto clock = Ref<GstClock>::adopt(gst_element_get_clock(element_));
    if (!clock) return;
    const GstClockTime base = gst_element_get_base_time(element_);
    ages_.push_back(static_cast<double>(gst_clock_get_time(clock.get()) - base) -
                    static_cast<double>(pts));
  }

  GstElement* const element_;  // of the pipeline that is run
  mutable std::mutex mutex_;
  std::map<GstClockTime, gint64> inside_;
  std::vector<double> times_, ages_;
  std::size_t frames_in_ = 0;
};

double percentile(std::vector<double> values, int percent) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[(values.size() - 1) * static_cast<std::size_t>(percent) / 100];
}

guint64 field(GstElement* element, const char* name) {
  GstStructure* stats = nullptr;
  g_object_get(element, "stats", &stats, nullptr);
  guint64 value = 0;
  gst_structure_get_uint64(stats, name, &value);
  gst_structure_free(stats);
  return value;
}

/// A pipeline whose elements `flow` and `sink` are looked at.
class Run {
 public:
  explicit Run(const std::string& launch_line)
      : pipeline_(parse(launch_line)),
        flow_(by_name("flow")),
        sink_(by_name("sink")),
        passage_(flow_.get()) {}
  ~Run() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }

  /// Loads the net, then plays for so many seconds; `see` is told of messages.
  void play(int seconds, const std::function<void(GstMessage*)>& see = {}) {
    gst_element_set_state(pipeline_.get(), GST_STATE_PAUSED);
    wait_for_load();
    gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
    const auto bus = Ref<GstBus>::adopt(gst_element_get_bus(pipeline_.get()));
    const gint64 end = g_get_monotonic_time() + seconds * G_USEC_PER_SEC;
    while (true) {
      const gint64 left = end - g_get_monotonic_time();
      if (left <= 0) return;
      GstMessage* message =
          gst_bus_timed_pop(bus.get(), static_cast<GstClockTime>(left) * GST_USECOND);
      if (!message) return;
      if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) fail(message);
      if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_LATENCY) {
        gst_bin_recalculate_latency(GST_BIN(pipeline_.get()));
      }
      if (see) see(message);
      const bool is_end = GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS;
      gst_message_unref(message);
      if (is_end) return;
    }
  }

  /// What the element adds to the latency, as it says.
  GstClockTime latency() const { return field(flow_.get(), "latency"); }
  GstElement* flow() const { return flow_.get(); }
  GstElement* sink() const { return sink_.get(); }
  const Passage& passage() const { return passage_; }

 private:
  static Ref<GstElement> parse(const std::string& launch_line) {
    GError* failure = nullptr;
    GstElement* pipeline = gst_parse_launch(launch_line.c_str(), &failure);
    if (failure) g_error("%s: %s", launch_line.c_str(), failure->message);
    return Ref<GstElement>::adopt(GST_ELEMENT(gst_object_ref_sink(pipeline)));
  }
  Ref<GstElement> by_name(const char* name) const {
    return Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline_.get()), name));
  }
  [[noreturn]] static void fail(GstMessage* message) {
    GError* error = nullptr;
    gst_message_parse_error(message, &error, nullptr);
    std::fprintf(stderr, "%s\n", error->message);
    std::exit(1);
  }
  // As applications do, gst-launch too: no live source runs while a net loads.
  void wait_for_load() const {
    const auto bus = Ref<GstBus>::adopt(gst_element_get_bus(pipeline_.get()));
    while (true) {
      GstMessage* message = gst_bus_timed_pop_filtered(
          bus.get(), GST_CLOCK_TIME_NONE,
          static_cast<GstMessageType>(GST_MESSAGE_PROGRESS | GST_MESSAGE_ERROR));
      if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) fail(message);
      GstProgressType type{};
      gst_message_parse_progress(message, &type, nullptr, nullptr);
      gst_message_unref(message);
      if (type == GST_PROGRESS_TYPE_COMPLETE) return;
    }
  }

  Ref<GstElement> pipeline_, flow_, sink_;
  Passage passage_;
};

std::string raftflow(const Options& options, const std::string& properties = "") {
  return " ! raftflow name=flow model=" + options.weights + " " + properties;
}

std::string caps(const Options& options) {
  return " ! video/x-raw,format=I420,width=" + std::to_string(options.width) +
         ",height=" + std::to_string(options.height);
}

std::string live_source(const Options& options, double rate) {
  const int per_1000_seconds = std::max(1, static_cast<int>(rate * 1000));
  return "videotestsrc is-live=true pattern=ball" + caps(options) +
         ",framerate=" + std::to_string(per_1000_seconds) + "/1000";
}

std::string sink(const std::string& properties) { return " ! fakesink name=sink " + properties; }

// Frames a second of the work alone, without a source and a sink that take their time.
double measure_rate(const Options& options) {
  Run run("videotestsrc pattern=ball num-buffers=40" + caps(options) + raftflow(options) +
          sink("sync=false"));
  run.play(600);
  GstStructure* stats = nullptr;
  g_object_get(run.flow(), "stats", &stats, nullptr);
  double ms = 0;
  gst_structure_get_double(stats, "inference-ms", &ms);
  gst_structure_free(stats);
  return static_cast<double>(field(run.flow(), "batches")) * 1e3 / ms;
}

void at_half_the_rate(const Options& options, double rate) {
  // A sink that keeps time holds a frame until it is due: a queue lets the next one be worked on.
  Run run(live_source(options, rate / 2) + raftflow(options) + " ! queue" +
          sink("sync=true qos=true max-lateness=5000000"));
  guint64 dropped_at_first = 0;
  int announced = 0;
  run.play(options.seconds, [&](GstMessage* message) {
    const bool is_ours = GST_MESSAGE_SRC(message) == GST_OBJECT_CAST(run.flow());
    if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_LATENCY || !is_ours) return;
    std::printf("  announced %.1f ms after %zu frames, %d rendered, %d dropped\n",
                static_cast<double>(run.latency()) / 1e6, run.passage().times().size(),
                static_cast<int>(field(run.sink(), "rendered")),
                static_cast<int>(field(run.sink(), "dropped")));
    if (announced++ > 0) return;
    dropped_at_first = field(run.sink(), "dropped");
  });
  const auto times = run.passage().times();
  std::vector<double> late(times.end() - std::min<std::ptrdiff_t>(64, std::ssize(times)),
                           times.end());
  const double p95 = percentile(times, 95), p95_late = percentile(late, 95);
  const auto said = static_cast<double>(run.latency());
  std::printf(
      "half the rate: %zu frames, %d dropped at the sink, %d of them after the first "
      "LATENCY message\n",
      times.size(), static_cast<int>(field(run.sink(), "dropped")),
      static_cast<int>(field(run.sink(), "dropped") - dropped_at_first));
  std::printf("  time in the element: median %.1f ms, p95 %.1f ms, longest %.1f ms\n",
              percentile(times, 50) / 1e6, p95 / 1e6, percentile(times, 100) / 1e6);
  std::printf("  LATENCY says %.1f ms: %.3f of the p95 of all, %.3f of the last 64's\n", said / 1e6,
              said / p95, said / p95_late);
}

void at_four_times_the_rate(const Options& options, double rate) {
  const int frames = static_cast<int>(rate * 4 * options.seconds);
  const double step_ms = 1e3 / rate;
  // Three frames' work.
  const auto lateness = static_cast<gint64>(3 * step_ms * 1e6);
  Run run(live_source(options, rate * 4) + " ! identity eos-after=" + std::to_string(frames + 1) +
          " ! queue" + raftflow(options, "max-lateness=" + std::to_string(lateness)) +
          sink("sync=false"));
  std::size_t qos = 0;
  run.play(options.seconds * 4,
           [&](GstMessage* message) { qos += GST_MESSAGE_TYPE(message) == GST_MESSAGE_QOS; });
  const auto times = run.passage().times();
  std::printf("four times the rate, max-lateness %.0f ms: %d frames sent, %zu in, %zu out\n",
              3 * step_ms, frames, run.passage().frames_in(), times.size());
  std::printf("  %d analysed, %d skipped as late, %zu QoS messages\n",
              static_cast<int>(field(run.flow(), "analyzed")),
              static_cast<int>(field(run.flow(), "skipped-late")), qos);
  const auto ages = run.passage().ages();
  std::printf("  behind the source: median %.1f ms, longest %.1f ms (a pair takes %.1f ms)\n",
              percentile(ages, 50) / 1e6, percentile(ages, 100) / 1e6, step_ms);
}

}  // namespace
}  // namespace gsttorch

int main(int argc, char** argv) {
  using namespace gsttorch;
  if (argc < 2) {
    std::fprintf(stderr, "usage: live WEIGHTS [WIDTH HEIGHT [SECONDS]]\n");
    return 2;
  }
  gst_init(nullptr, nullptr);
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  Options options{argv[1]};
  if (argc > 3) options.width = std::atoi(argv[2]), options.height = std::atoi(argv[3]);
  if (argc > 4) options.seconds = std::atoi(argv[4]);
  const double rate = measure_rate(options);
  std::printf("%dx%d: %.2f frames a second\n", options.width, options.height, rate);
  at_half_the_rate(options, rate);
  at_four_times_the_rate(options, rate);
  return 0;
}
