// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/support/pipeline_run.h"

#include <algorithm>
#include <cstdio>

#include "tools/gst-torch/support/frame_watch.h"
#include "tools/gst-torch/support/interrupt.h"
#include "tools/gst-torch/support/stages.h"

namespace gsttorch {
namespace {

constexpr GstClockTime kPollInterval = 100 * GST_MSECOND;

/// Of a perfmeter's message.
std::vector<ProgressStage> read_stages(GstMessage* message) {
  std::vector<ProgressStage> stages;
  const GValue* list = gst_structure_get_value(gst_message_get_structure(message), "stages");
  for (guint i = 0; list && i < gst_value_list_get_size(list); i++) {
    const GstStructure* stage = gst_value_get_structure(gst_value_list_get_value(list, i));
    guint64 buffers = 0;
    gst_structure_get_uint64(stage, "buffers", &buffers);
    stages.push_back({gst_structure_get_string(stage, "name"), buffers});
  }
  return stages;
}

// Models are released when the pipeline stops.
std::vector<ModelUse> models_in_use(const Pipeline& pipeline) {
  std::vector<ModelUse> models;
  for (const Stage& stage : all_stages()) {
    const auto element = pipeline.made_by(stage.element);
    if (!element) continue;
    const auto text = [&element](const char* field) { return stats_text(element.get(), field); };
    const auto architecture = text("model"), device = text("device"), precision = text("precision");
    if (!architecture || !device || !precision) continue;
    models.push_back({stage.element, *architecture, *device, *precision});
  }
  return models;
}

class Runner {
 public:
  Runner(Pipeline& pipeline, const RunOptions& options)
      : pipeline_(pipeline), options_(options), watch_(pipeline, options) {
    if (options.continuation) seek_to_ = options.continuation->seek_to;
  }

  RunOutcome run() {
    const auto bus = pipeline_.bus();
    // A failure is on the bus, too. What seeks has to be paused first.
    gst_element_set_state(pipeline_.get(), seek_to_ ? GST_STATE_PAUSED : GST_STATE_PLAYING);
    while (!ended_ && !watch_.lost_its_place()) {
      const auto message = Ref<GstMessage>::adopt(gst_bus_timed_pop(bus.get(), kPollInterval));
      if (message) handle(message.get());
      stop_if_asked();
      report_progress();
    }
    outcome_.models = models_in_use(pipeline_);
    pipeline_.stop();  // no probe runs after this
    outcome_.lost_its_place = watch_.lost_its_place();
    options_.observer->on_progress(progress_state());
    outcome_.frames = watch_.frames();
    outcome_.seconds = watch_.seconds();
    outcome_.end_ns = watch_.end_ns();
    outcome_.slowest = watch_.slowest();
    return outcome_;
  }

 private:
  void handle(GstMessage* message) {
    switch (GST_MESSAGE_TYPE(message)) {
      case GST_MESSAGE_ASYNC_DONE:
        seek_once();
        break;
      case GST_MESSAGE_STATE_CHANGED:
        has_advanced_ = true;
        break;
      case GST_MESSAGE_EOS:
        ended_ = true;
        break;
      case GST_MESSAGE_ERROR:
        record_error(read_message(message));
        break;
      case GST_MESSAGE_WARNING:
        print_warning(read_message(message));
        break;
      case GST_MESSAGE_ELEMENT:
        if (gst_message_has_name(message, "progress")) stages_ = read_stages(message);
        break;
      default:
        break;
    }
  }

  // Where nothing can be sought the stream continues from its beginning: the writer skips what it
  // has.
  void seek_once() {
    if (!seek_to_) return;
    const auto flags = static_cast<GstSeekFlags>(GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE);
    const auto offset = pts_offset(pipeline_.made_by("analysiswriter").get());
    gst_element_seek_simple(pipeline_.get(), GST_FORMAT_TIME, flags,
                            std::max<gint64>(0, static_cast<gint64>(*seek_to_) - offset));
    seek_to_.reset();
    gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
  }

  void record_error(const MessageText& message) {
    ended_ = true;
    // A stream cut off before its first frame is an error to some demuxers.
    if (outcome_.signal != 0) return;
    outcome_.error = Error{message.code, message.source + ": " + message.text};
    outcome_.details = message.details;
  }

  void print_warning(const MessageText& message) {
    std::fprintf(stderr, "gst-torch: warning: %s: %s\n", message.source.c_str(),
                 message.text.c_str());
    if (options_.verbose) std::fprintf(stderr, "%s\n", message.details.c_str());
  }

  ProgressState progress_state() const {
    ProgressState state{watch_.frames(), options_.expected_frames, watch_.seconds()};
    state.stages = stages_;
    if (options_.video && watch_.end_ns() > 0) {
      state.share = options_.video->share(watch_.end_ns());
      state.share_at_start = options_.video->share(watch_.start_ns());
    }
    return state;
  }

  // Not oftener than the loop wakes without messages.
  void report_progress() {
    const RunCounters& counters = options_.observer->counters;
    const std::uint64_t count = counters.decoded + counters.frames;
    const gint64 now = g_get_monotonic_time();
    has_advanced_ |= count != reported_count_;
    if (!has_advanced_ || now - reported_us_ < static_cast<gint64>(kPollInterval / 1000)) return;
    reported_count_ = count;
    reported_us_ = now;
    has_advanced_ = false;
    options_.observer->on_progress(progress_state());
  }

  void stop_if_asked() {
    if (outcome_.signal != 0 || Interrupt::signal() == 0) return;
    outcome_.signal = Interrupt::signal();
    watch_.hold_back();
    gst_element_send_event(pipeline_.get(), gst_event_new_eos());
  }

  Pipeline& pipeline_;
  const RunOptions& options_;
  FrameWatch watch_;
  std::vector<ProgressStage> stages_;  // of perfmeter's last message
  RunOutcome outcome_;
  std::optional<std::uint64_t> seek_to_;
  bool ended_ = false;
  bool has_advanced_ = false;         // since the last report
  std::uint64_t reported_count_ = 0;  // frames decoded and done, then
  gint64 reported_us_ = 0;
};

}  // namespace

double TimeRange::share(std::uint64_t time) const {
  if (time <= start || end <= start) return 0;
  return std::min(1.0, static_cast<double>(time - start) / static_cast<double>(end - start));
}

double RunOutcome::ms_per_frame() const {
  return frames > 1 ? 1000 * seconds / static_cast<double>(frames - 1) : 0;
}

RunOutcome run_analysis(Pipeline& pipeline, const RunOptions& options) {
  return Runner(pipeline, options).run();
}

}  // namespace gsttorch
