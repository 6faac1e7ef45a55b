// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
/**
 * SECTION:element-perfmeter
 *
 * Measures the stream that passes through it, the process, GPUs and, with measure=pipeline, all
 * elements of its bin. Reports as element messages, text, JSON or a file for Prometheus, from a
 * dedicated thread. Passes buffers of any kind unchanged.
 *
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=100 ! queue ! \
 *     perfmeter measure=pipeline+process output=stdout ! fakesink
 * ]|
 */
#include "gst/perfmeter/gstperfmeter.h"

#include "gst/perfmeter/debug.h"
#include "gst/perfmeter/perfmeter.h"
#include "lib/gst/util/boundary.h"
#include "lib/gst/util/element_class.h"

using gsttorch::add_any_pad_templates;
using gsttorch::get_text;
using gsttorch::guard_properties;
using gsttorch::guarded;
using gsttorch::kMutablePlaying;
using gsttorch::kMutableReady;
using gsttorch::kReadOnly;
using gsttorch::PerfMeter;
using gsttorch::PerfMeterSettings;
using gsttorch::PerfOutput;
using gsttorch::ProgressOutput;
using gsttorch::set_text;
using gsttorch::start_or_post;

struct _GstPerfMeter {
  GstBaseTransform parent;
  PerfMeter* impl;
};

GST_DEBUG_CATEGORY(perf_meter_debug);

G_DEFINE_FINAL_TYPE_WITH_CODE(GstPerfMeter, gst_perf_meter, GST_TYPE_BASE_TRANSFORM,
                              GST_DEBUG_CATEGORY_INIT(perf_meter_debug, "perfmeter", 0,
                                                      "perfmeter"))
GST_ELEMENT_REGISTER_DEFINE(perfmeter, "perfmeter", GST_RANK_NONE, GST_TYPE_PERF_METER)

namespace {

enum Property {
  kInterval = 1,
  kMeasure,
  kOutput,
  kOutputLocation,
  kStallTimeout,
  kStats,
  kProgress,
  kFramesLocation
};

PerfMeter& impl(gpointer self) { return *GST_PERF_METER(self)->impl; }

GType measure_type() {
  static const GType type = [] {
    static const GFlagsValue values[] = {
        {gsttorch::kMeasurePipeline, "All elements in the bin that contains this element",
         "pipeline"},
        {gsttorch::kMeasureProcess, "CPU time, memory and I/O of the process", "process"},
        {gsttorch::kMeasureGpu, "GPUs, if NVML is available", "gpu"},
        {gsttorch::kMeasureReports, "The stats property of each element in the bin", "reports"},
        {0, nullptr, nullptr}};
    return g_flags_register_static("GstPerfMeterMeasure", values);
  }();
  return type;
}

GType output_type() {
  static const GType type = [] {
    static const GEnumValue values[] = {
        {static_cast<gint>(PerfOutput::None), "Messages only", "none"},
        {static_cast<gint>(PerfOutput::Stdout),
         "One line per report and a table at the end, on standard output", "stdout"},
        {static_cast<gint>(PerfOutput::Json), "A file with one line of JSON per report", "json"},
        {static_cast<gint>(PerfOutput::Prometheus), "A text file for Prometheus", "prometheus"},
        {0, nullptr, nullptr}};
    return g_enum_register_static("GstPerfMeterOutput", values);
  }();
  return type;
}

GType progress_type() {
  static const GType type = [] {
    static const GEnumValue values[] = {
        {static_cast<gint>(ProgressOutput::None), "No progress reports", "none"},
        {static_cast<gint>(ProgressOutput::Messages), "Messages only", "messages"},
        {static_cast<gint>(ProgressOutput::Line), "Messages and a line on standard error", "line"},
        {0, nullptr, nullptr}};
    return g_enum_register_static("GstPerfMeterProgress", values);
  }();
  return type;
}

void set_property(GObject* self, guint id, const GValue* value, GParamSpec* spec) {
  impl(self).change_settings([&](PerfMeterSettings& settings) {
    switch (id) {
      case kInterval:
        settings.interval = g_value_get_uint64(value);
        break;
      case kMeasure:
        settings.measure = g_value_get_flags(value);
        settings.is_measure_set = true;
        break;
      case kOutput:
        settings.output = static_cast<PerfOutput>(g_value_get_enum(value));
        break;
      case kOutputLocation:
        settings.output_location = get_text(value);
        break;
      case kStallTimeout:
        settings.stall_timeout = g_value_get_uint64(value);
        break;
      case kProgress:
        settings.progress = static_cast<ProgressOutput>(g_value_get_enum(value));
        break;
      case kFramesLocation:
        settings.frames_location = get_text(value);
        break;
      default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID(self, id, spec);
    }
  });
}

void get_property(GObject* self, guint id, GValue* value, GParamSpec* spec) {
  const PerfMeterSettings settings = impl(self).settings();
  switch (id) {
    case kInterval:
      g_value_set_uint64(value, settings.interval);
      break;
    case kMeasure:
      g_value_set_flags(value, settings.measure);
      break;
    case kOutput:
      g_value_set_enum(value, static_cast<gint>(settings.output));
      break;
    case kOutputLocation:
      set_text(value, settings.output_location);
      break;
    case kStallTimeout:
      g_value_set_uint64(value, settings.stall_timeout);
      break;
    case kProgress:
      g_value_set_enum(value, static_cast<gint>(settings.progress));
      break;
    case kFramesLocation:
      set_text(value, settings.frames_location);
      break;
    case kStats:
      g_value_take_boxed(value, impl(self).stats());
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID(self, id, spec);
  }
}

GstStateChangeReturn change_state(GstElement* self, GstStateChange change) {
  const bool is_ready = guarded(self, false, [&] {
    if (change == GST_STATE_CHANGE_NULL_TO_READY) return start_or_post(self, impl(self));
    if (change == GST_STATE_CHANGE_PLAYING_TO_PAUSED) impl(self).set_playing(false);
    return true;
  });
  if (!is_ready) return GST_STATE_CHANGE_FAILURE;
  const auto done = GST_ELEMENT_CLASS(gst_perf_meter_parent_class)->change_state(self, change);
  const bool has_failed = done == GST_STATE_CHANGE_FAILURE;
  guarded(self, false, [&] {
    if (change == GST_STATE_CHANGE_PAUSED_TO_PLAYING && !has_failed) impl(self).set_playing(true);
    if (change == GST_STATE_CHANGE_READY_TO_NULL) impl(self).stop();
    if (change == GST_STATE_CHANGE_NULL_TO_READY && has_failed) impl(self).stop();
    return true;
  });
  return done;
}

void notice(PerfMeter& meter, GstEvent* event) {
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_EOS:
      meter.end_stream();
      break;
    case GST_EVENT_SEGMENT:
    case GST_EVENT_FLUSH_STOP:
      meter.restart_stream();
      break;
    case GST_EVENT_GAP:
      meter.skip_gap();
      break;
    default:
      break;
  }
}

gboolean sink_event(GstBaseTransform* self, GstEvent* event) {
  GST_DEBUG_OBJECT(self, "event: %" GST_PTR_FORMAT, event);
  guarded(self, false, [&] { return notice(impl(self), event), true; });
  return GST_BASE_TRANSFORM_CLASS(gst_perf_meter_parent_class)->sink_event(self, event);
}

void add_properties(GObjectClass* object_class) {
  const PerfMeterSettings defaults;
  g_object_class_install_property(
      object_class, kInterval,
      g_param_spec_uint64("interval", "Interval",
                          "Time between reports, in nanoseconds (0 = only one report, at the end)",
                          0, G_MAXINT64, defaults.interval, kMutablePlaying));
  g_object_class_install_property(
      object_class, kMeasure,
      g_param_spec_flags("measure", "Measure", "What to measure besides the stream", measure_type(),
                         defaults.measure, kMutableReady));
  g_object_class_install_property(
      object_class, kOutput,
      g_param_spec_enum("output", "Output", "Where to write reports, in addition to messages",
                        output_type(), static_cast<gint>(defaults.output), kMutableReady));
  g_object_class_install_property(
      object_class, kOutputLocation,
      g_param_spec_string("output-location", "Output location",
                          "File to write with output=json or output=prometheus; the element "
                          "replaces an existing file",
                          nullptr, kMutableReady));
  g_object_class_install_property(
      object_class, kStallTimeout,
      g_param_spec_uint64("stall-timeout", "Stall timeout",
                          "Time without a buffer after which a playing stream counts as stalled, "
                          "in nanoseconds (0 = never)",
                          0, G_MAXINT64, defaults.stall_timeout, kMutablePlaying));
  g_object_class_install_property(
      object_class, kProgress,
      g_param_spec_enum("progress", "Progress",
                        "How to report the position and the remaining time at each interval",
                        progress_type(), static_cast<gint>(defaults.progress), kMutableReady));
  g_object_class_install_property(
      object_class, kFramesLocation,
      g_param_spec_string("frames-location", "Frames location",
                          "File to write one line of JSON per frame to, with the time that the "
                          "frame spent in each element; the element replaces an existing file",
                          nullptr, kMutableReady));
  g_object_class_install_property(
      object_class, kStats,
      g_param_spec_boxed("stats", "Statistics",
                         "Current measurements, with the fields of the perfmeter message",
                         GST_TYPE_STRUCTURE, kReadOnly));
}

}  // namespace

static void gst_perf_meter_class_init(GstPerfMeterClass* klass) {
  auto* object_class = G_OBJECT_CLASS(klass);
  auto* element_class = GST_ELEMENT_CLASS(klass);
  auto* transform_class = GST_BASE_TRANSFORM_CLASS(klass);

  guard_properties<set_property, get_property>(object_class);
  object_class->finalize = [](GObject* self) {
    delete GST_PERF_METER(self)->impl;
    G_OBJECT_CLASS(gst_perf_meter_parent_class)->finalize(self);
  };
  element_class->change_state = change_state;
  transform_class->sink_event = sink_event;
  transform_class->set_caps = [](GstBaseTransform* self, GstCaps* caps, GstCaps*) -> gboolean {
    return guarded(self, FALSE, [&] { return impl(self).set_caps(caps), TRUE; });
  };
  transform_class->transform_ip = [](GstBaseTransform* self, GstBuffer* buffer) {
    return guarded(self, GST_FLOW_ERROR,
                   [&] { return impl(self).take(buffer, self->segment), GST_FLOW_OK; });
  };
  add_properties(object_class);

  gst_element_class_set_static_metadata(
      element_class, "Performance meter", "Generic/Analyzer",
      "Measures the rate and latency of a stream, the time in each element and queue, and the use "
      "of the CPU, memory and GPUs",
      "The gst-plugins-torch authors");
  add_any_pad_templates(element_class);
}

static void gst_perf_meter_init(GstPerfMeter* self) {
  self->impl = new PerfMeter(GST_ELEMENT(self));
  // The same buffers come out, not copies: nothing here may write to them.
  gst_base_transform_set_passthrough(GST_BASE_TRANSFORM(self), TRUE);
}
