// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/pipeline_run.h"

#include <atomic>
#include <cstdio>

#include "lib/core/progress.h"
#include "tools/gst-torch/interrupt.h"

namespace gsttorch {
namespace {

constexpr GstClockTime kPollInterval = 100 * GST_MSECOND;

/// What streaming threads tell the main thread, and the other way round.
struct Counters {
  std::atomic<std::uint64_t> frames{0};
  std::atomic<gint64> first_us{0};
  std::atomic<gint64> last_us{0};
  std::atomic<bool> stopping{false};

  double seconds() const { return static_cast<double>(last_us - first_us) / 1e6; }
};

GstPadProbeReturn count_frame(GstPad* /*pad*/, GstPadProbeInfo* /*info*/, gpointer data) {
  auto* counters = static_cast<Counters*>(data);
  const gint64 now = g_get_monotonic_time();
  if (counters->frames == 0) counters->first_us = now;
  counters->last_us = now;
  counters->frames++;
  return GST_PAD_PROBE_OK;
}

// Once the user wants to stop, frames that wait in queues are not worth their computation.
GstPadProbeReturn drop_when_stopping(GstPad* /*pad*/, GstPadProbeInfo* /*info*/, gpointer data) {
  return static_cast<Counters*>(data)->stopping ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

void add_probe(const Ref<GstElement>& element, const char* pad_name, GstPadProbeCallback callback,
               Counters& counters) {
  const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(element.get(), pad_name));
  gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, callback, &counters, nullptr);
}

class Runner {
 public:
  Runner(Pipeline& pipeline, const RunOptions& options) : pipeline_(pipeline), options_(options) {
    add_probe(pipeline.made_by("raftflow"), "sink", drop_when_stopping, counters_);
    add_probe(pipeline.made_by("analysiswriter"), "src", count_frame, counters_);
  }

  RunOutcome run() {
    const auto bus = pipeline_.bus();
    gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);  // a failure is on the bus, too
    while (!ended_) {
      const auto message = Ref<GstMessage>::adopt(gst_bus_timed_pop(bus.get(), kPollInterval));
      if (message) handle(message.get());
      stop_if_asked();
      progress_.show(progress_state());
    }
    pipeline_.stop();  // no probe runs after this
    progress_.finish(progress_state());
    outcome_.frames = counters_.frames;
    outcome_.seconds = counters_.seconds();
    return outcome_;
  }

 private:
  void handle(GstMessage* message) {
    switch (GST_MESSAGE_TYPE(message)) {
      case GST_MESSAGE_EOS:
        ended_ = true;
        break;
      case GST_MESSAGE_ERROR:
        note_error(read_message(message));
        break;
      case GST_MESSAGE_WARNING:
        print_warning(read_message(message));
        break;
      default:
        break;
    }
  }

  void note_error(const MessageText& message) {
    ended_ = true;
    // A stream cut off before its first frame is an error to some demuxers.
    if (outcome_.signal != 0) return;
    outcome_.error = Error{ErrorCode::Failed, message.source + ": " + message.text};
    outcome_.details = message.details;
  }

  void print_warning(const MessageText& message) {
    progress_.end_line();
    std::fprintf(stderr, "gst-torch: warning: %s: %s\n", message.source.c_str(),
                 message.text.c_str());
    if (options_.verbose) std::fprintf(stderr, "%s\n", message.details.c_str());
  }

  ProgressState progress_state() const {
    return {counters_.frames, options_.expected_frames, counters_.seconds()};
  }

  void stop_if_asked() {
    if (outcome_.signal != 0 || interrupt_.signal() == 0) return;
    outcome_.signal = interrupt_.signal();
    counters_.stopping = true;
    gst_element_send_event(pipeline_.get(), gst_event_new_eos());
  }

  Pipeline& pipeline_;
  const RunOptions& options_;
  Counters counters_;
  Interrupt interrupt_;
  Progress progress_;
  RunOutcome outcome_;
  bool ended_ = false;
};

}  // namespace

double RunOutcome::ms_per_frame() const {
  return frames > 1 ? 1000 * seconds / static_cast<double>(frames - 1) : 0;
}

RunOutcome run_analysis(Pipeline& pipeline, const RunOptions& options) {
  return Runner(pipeline, options).run();
}

}  // namespace gsttorch
