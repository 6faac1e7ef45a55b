// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
/**
 * SECTION:element-analysiswriter
 *
 * Writes the results that upstream analysers attached to each buffer into a directory, without
 * stalling the stream: a line of JSON per buffer in results.jsonl, optical flow as .flo or .npz
 * files, matches as .csv or .npz files. Passes buffers unchanged.
 *
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=10 ! video/x-raw,width=256,height=144 ! raftflow ! \
 *     analysiswriter location=results ! fakesink
 * ]|
 */
#include "gst/analysiswriter/gstanalysiswriter.h"

#include "gst/analysiswriter/analysiswriter.h"
#include "gst/analysiswriter/debug.h"
#include "lib/gst/util/boundary.h"
#include "lib/gst/util/element_class.h"

using gsttorch::add_any_pad_templates;
using gsttorch::AnalysisWriter;
using gsttorch::FlowFileType;
using gsttorch::get_text;
using gsttorch::guard_properties;
using gsttorch::guarded;
using gsttorch::kMutablePlaying;
using gsttorch::kMutableReady;
using gsttorch::kReadOnly;
using gsttorch::MatchFileType;
using gsttorch::OnFailure;
using gsttorch::QueuePolicy;
using gsttorch::set_text;
using gsttorch::start_or_post;
using gsttorch::WriterSettings;

struct _GstAnalysisWriter {
  GstBaseTransform parent;
  AnalysisWriter* impl;
};

GST_DEBUG_CATEGORY(analysis_writer_debug);

G_DEFINE_FINAL_TYPE_WITH_CODE(GstAnalysisWriter, gst_analysis_writer, GST_TYPE_BASE_TRANSFORM,
                              GST_DEBUG_CATEGORY_INIT(analysis_writer_debug, "analysiswriter", 0,
                                                      "analysiswriter"))
GST_ELEMENT_REGISTER_DEFINE(analysiswriter, "analysiswriter", GST_RANK_NONE,
                            GST_TYPE_ANALYSIS_WRITER)

namespace {

enum Property {
  kLocation = 1,
  kResume,
  kEvery,
  kFlowEvery,
  kFlowFileFormat,
  kRecordsPerFile,
  kMaxQueue,
  kQueuePolicy,
  kOnError,
  kStats,
  kMatchEvery,
  kMatchFileFormat,
  kAppend
};

AnalysisWriter& impl(gpointer self) { return *GST_ANALYSIS_WRITER(self)->impl; }

GType flow_file_format_type() {
  static const GType type = [] {
    static const GEnumValue values[] = {
        {static_cast<gint>(FlowFileType::Flo), "Middlebury .flo, float32", "flo"},
        {static_cast<gint>(FlowFileType::Npz), "NumPy .npz, in the element type of the flow",
         "npz"},
        {0, nullptr, nullptr}};
    return g_enum_register_static("GstAnalysisWriterFlowFileFormat", values);
  }();
  return type;
}

GType match_file_format_type() {
  static const GType type = [] {
    static const GEnumValue values[] = {
        {static_cast<gint>(MatchFileType::None), "No files", "none"},
        {static_cast<gint>(MatchFileType::Csv), "CSV: x0,y0,x1,y1,confidence,inlier", "csv"},
        {static_cast<gint>(MatchFileType::Npz), "NumPy .npz, float32", "npz"},
        {0, nullptr, nullptr}};
    return g_enum_register_static("GstAnalysisWriterMatchFileFormat", values);
  }();
  return type;
}

GType queue_policy_type() {
  static const GType type = [] {
    static const GEnumValue values[] = {
        {static_cast<gint>(QueuePolicy::Wait), "Block the stream until there is room", "wait"},
        {static_cast<gint>(QueuePolicy::Drop),
         "Write records, but drop the files of flow and matches", "drop"},
        {0, nullptr, nullptr}};
    return g_enum_register_static("GstAnalysisWriterQueuePolicy", values);
  }();
  return type;
}

GType on_error_type() {
  static const GType type = [] {
    static const GEnumValue values[] = {
        {static_cast<gint>(OnFailure::Stop), "Post an error and stop the stream", "stop"},
        {static_cast<gint>(OnFailure::Continue),
         "Post one warning, and continue the stream without writing results", "continue"},
        {0, nullptr, nullptr}};
    return g_enum_register_static("GstAnalysisWriterOnError", values);
  }();
  return type;
}

void set_property(GObject* self, guint id, const GValue* value, GParamSpec* spec) {
  impl(self).change_settings([&](WriterSettings& settings) {
    switch (id) {
      case kLocation:
        settings.location = get_text(value);
        break;
      case kAppend:
        settings.append = g_value_get_boolean(value);
        break;
      case kResume:
        settings.resume = g_value_get_boolean(value);
        break;
      case kEvery:
        settings.every = g_value_get_uint(value);
        break;
      case kFlowFileFormat:
        settings.flow_file_type = static_cast<FlowFileType>(g_value_get_enum(value));
        break;
      case kRecordsPerFile:
        settings.records_per_file = g_value_get_uint(value);
        break;
      case kQueuePolicy:
        settings.queue_policy = static_cast<QueuePolicy>(g_value_get_enum(value));
        break;
      case kOnError:
        settings.on_failure = static_cast<OnFailure>(g_value_get_enum(value));
        break;
      case kFlowEvery:
        settings.flow_every = g_value_get_uint(value);
        break;
      case kMatchEvery:
        settings.match_every = g_value_get_uint(value);
        break;
      case kMatchFileFormat:
        settings.match_file_type = static_cast<MatchFileType>(g_value_get_enum(value));
        break;
      case kMaxQueue:
        settings.max_queue = g_value_get_uint(value);
        break;
      default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID(self, id, spec);
    }
  });
}

void get_property(GObject* self, guint id, GValue* value, GParamSpec* spec) {
  const WriterSettings settings = impl(self).settings();
  switch (id) {
    case kLocation:
      set_text(value, settings.location);
      break;
    case kAppend:
      g_value_set_boolean(value, settings.append);
      break;
    case kResume:
      g_value_set_boolean(value, settings.resume);
      break;
    case kEvery:
      g_value_set_uint(value, settings.every);
      break;
    case kFlowFileFormat:
      g_value_set_enum(value, static_cast<gint>(settings.flow_file_type));
      break;
    case kRecordsPerFile:
      g_value_set_uint(value, settings.records_per_file);
      break;
    case kQueuePolicy:
      g_value_set_enum(value, static_cast<gint>(settings.queue_policy));
      break;
    case kOnError:
      g_value_set_enum(value, static_cast<gint>(settings.on_failure));
      break;
    case kFlowEvery:
      g_value_set_uint(value, settings.flow_every);
      break;
    case kMatchEvery:
      g_value_set_uint(value, settings.match_every);
      break;
    case kMatchFileFormat:
      g_value_set_enum(value, static_cast<gint>(settings.match_file_type));
      break;
    case kMaxQueue:
      g_value_set_uint(value, settings.max_queue);
      break;
    case kStats:
      g_value_take_boxed(value, impl(self).stats());
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID(self, id, spec);
  }
}

// Downstream takes these events as the sign that all results have been written.
bool closes_stream(GstEvent* event) {
  return GST_EVENT_TYPE(event) == GST_EVENT_EOS || GST_EVENT_TYPE(event) == GST_EVENT_SEGMENT_DONE;
}

bool prepare_for(AnalysisWriter& writer, GstEvent* event) {
  if (closes_stream(event)) return writer.drain();
  if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_START) writer.interrupt();
  if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP) writer.resume();
  return true;
}

gboolean sink_event(GstBaseTransform* self, GstEvent* event) {
  GST_DEBUG_OBJECT(self, "event: %" GST_PTR_FORMAT, event);
  if (!guarded(self, false, [&] { return prepare_for(impl(self), event); })) {
    GST_DEBUG_OBJECT(self, "%s: not all results could be written", GST_EVENT_TYPE_NAME(event));
    gst_event_unref(event);
    return FALSE;
  }
  return GST_BASE_TRANSFORM_CLASS(gst_analysis_writer_parent_class)->sink_event(self, event);
}

GstStateChangeReturn change_state(GstElement* self, GstStateChange change) {
  // The parent waits for the streaming thread, which must not wait for room in the queue.
  if (change == GST_STATE_CHANGE_PAUSED_TO_READY) {
    guarded(self, false, [&] { return impl(self).interrupt(), true; });
  }
  return GST_ELEMENT_CLASS(gst_analysis_writer_parent_class)->change_state(self, change);
}

void add_properties(GObjectClass* object_class) {
  const WriterSettings defaults;
  g_object_class_install_property(
      object_class, kLocation,
      g_param_spec_string("location", "Location",
                          "Results directory; the element creates it if it is missing", nullptr,
                          kMutableReady));
  g_object_class_install_property(
      object_class, kAppend,
      g_param_spec_boolean("append", "Append",
                           "Keep earlier results in the directory and append a new session to "
                           "them; false = replace them, unless resume is set",
                           defaults.append, kMutableReady));
  g_object_class_install_property(
      object_class, kResume,
      g_param_spec_boolean("resume", "Resume",
                           "Continue an interrupted session after the last record in the "
                           "directory, and do not write frames up to its timestamp again; a live "
                           "stream begins a new session instead",
                           defaults.resume, kMutableReady));
  g_object_class_install_property(
      object_class, kEvery,
      g_param_spec_uint("every", "Every", "Write a record of every Nth frame", 1, G_MAXUINT,
                        defaults.every, kMutablePlaying));
  g_object_class_install_property(
      object_class, kFlowEvery,
      g_param_spec_uint(
          "flow-every", "Flow every",
          "Write the flow of every Nth frame to a file, if the frame has a record (0 = never)", 0,
          G_MAXUINT, defaults.flow_every, kMutablePlaying));
  g_object_class_install_property(
      object_class, kFlowFileFormat,
      g_param_spec_enum("flow-file-format", "Flow file format", "Format of flow files",
                        flow_file_format_type(), static_cast<gint>(defaults.flow_file_type),
                        kMutablePlaying));
  g_object_class_install_property(
      object_class, kMatchEvery,
      g_param_spec_uint(
          "match-every", "Match every",
          "Write the matches of every Nth frame to a file, if the frame has a record (0 = never)",
          0, G_MAXUINT, defaults.match_every, kMutablePlaying));
  g_object_class_install_property(
      object_class, kMatchFileFormat,
      g_param_spec_enum("match-file-format", "Match file format", "Format of match files",
                        match_file_format_type(), static_cast<gint>(defaults.match_file_type),
                        kMutablePlaying));
  g_object_class_install_property(
      object_class, kRecordsPerFile,
      g_param_spec_uint("records-per-file", "Records per file",
                        "Number of lines after which the element renames results.jsonl to "
                        "results-NNNNNNNNN.jsonl and starts a new file (0 = never)",
                        0, G_MAXUINT, defaults.records_per_file, kMutableReady));
  g_object_class_install_property(
      object_class, kMaxQueue,
      g_param_spec_uint("max-queue", "Maximum queue",
                        "Maximum number of frames that wait to be written; queue-policy applies "
                        "when the queue is full",
                        1, G_MAXUINT, defaults.max_queue, kMutablePlaying));
  g_object_class_install_property(
      object_class, kQueuePolicy,
      g_param_spec_enum("queue-policy", "Queue policy", "Behaviour when the queue is full",
                        queue_policy_type(), static_cast<gint>(defaults.queue_policy),
                        kMutablePlaying));
  g_object_class_install_property(
      object_class, kOnError,
      g_param_spec_enum("on-error", "On error",
                        "Behaviour when writing fails, for example on a full disk", on_error_type(),
                        static_cast<gint>(defaults.on_failure), kMutablePlaying));
  g_object_class_install_property(
      object_class, kStats,
      g_param_spec_boxed(
          "stats", "Statistics",
          "Numbers of frames received and skipped, of records, bytes and files written, of results "
          "dropped and records lost; queue level; session; frame and time after which the element "
          "resumed",
          GST_TYPE_STRUCTURE, kReadOnly));
  for (const GType type :
       {flow_file_format_type(), match_file_format_type(), queue_policy_type(), on_error_type()}) {
    gst_type_mark_as_plugin_api(type, static_cast<GstPluginAPIFlags>(0));
  }
}

}  // namespace

static void gst_analysis_writer_class_init(GstAnalysisWriterClass* klass) {
  auto* object_class = G_OBJECT_CLASS(klass);
  auto* element_class = GST_ELEMENT_CLASS(klass);
  auto* transform_class = GST_BASE_TRANSFORM_CLASS(klass);

  guard_properties<set_property, get_property>(object_class);
  object_class->finalize = [](GObject* self) {
    delete GST_ANALYSIS_WRITER(self)->impl;
    G_OBJECT_CLASS(gst_analysis_writer_parent_class)->finalize(self);
  };
  element_class->change_state = change_state;
  transform_class->start = [](GstBaseTransform* self) -> gboolean {
    return start_or_post(self, impl(self));
  };
  transform_class->stop = [](GstBaseTransform* self) -> gboolean {
    return guarded(self, FALSE, [&] { return impl(self).stop(), TRUE; });
  };
  transform_class->sink_event = sink_event;
  transform_class->transform_ip = [](GstBaseTransform* self, GstBuffer* buffer) {
    return guarded(self, GST_FLOW_ERROR, [&] { return impl(self).take(buffer, self->segment); });
  };
  add_properties(object_class);

  gst_element_class_set_static_metadata(
      element_class, "Analysis writer", "Filter/Analyzer/File",
      "Writes the analysis results of buffers to files (JSON lines, .flo, .csv, .npz)",
      "The gst-plugins-torch authors");
  add_any_pad_templates(element_class);
}

static void gst_analysis_writer_init(GstAnalysisWriter* self) {
  self->impl = new AnalysisWriter(GST_ELEMENT(self));
  // The same buffers come out, not copies: nothing here may write to them.
  gst_base_transform_set_passthrough(GST_BASE_TRANSFORM(self), TRUE);
}
