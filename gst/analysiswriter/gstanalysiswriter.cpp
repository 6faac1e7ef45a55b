// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
/**
 * SECTION:element-analysiswriter
 *
 * Writes what the analysing elements upstream attached to each buffer into a folder, without
 * stalling the stream: a line of JSON per buffer in results.jsonl, and optical flow as Middlebury
 * .flo files. Buffers pass unchanged.
 *
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=10 ! video/x-raw,width=256,height=144 ! raftflow ! \
 *     analysiswriter location=results ! fakesink
 * ]|
 */
#include "gst/analysiswriter/gstanalysiswriter.h"

#include "gst/analysiswriter/analysiswriter.h"
#include "lib/gst/boundary.h"

using gsttorch::AnalysisWriter;
using gsttorch::guarded;
using gsttorch::WriterSettings;

struct _GstAnalysisWriter {
  GstBaseTransform parent;
  AnalysisWriter* impl;
};

G_DEFINE_FINAL_TYPE(GstAnalysisWriter, gst_analysis_writer, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE(analysiswriter, "analysiswriter", GST_RANK_NONE,
                            GST_TYPE_ANALYSIS_WRITER)

namespace {

enum Property { kLocation = 1, kFlowEvery, kMaxQueue, kStats };

AnalysisWriter& impl(gpointer self) { return *GST_ANALYSIS_WRITER(self)->impl; }

void set_property(GObject* self, guint id, const GValue* value, GParamSpec* spec) {
  impl(self).change_settings([&](WriterSettings& settings) {
    switch (id) {
      case kLocation:
        settings.location = g_value_get_string(value) ? g_value_get_string(value) : "";
        break;
      case kFlowEvery:
        settings.flow_every = g_value_get_uint(value);
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
      g_value_set_string(value, settings.location.empty() ? nullptr : settings.location.c_str());
      break;
    case kFlowEvery:
      g_value_set_uint(value, settings.flow_every);
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

gboolean start(GstBaseTransform* self) {
  return guarded(self, FALSE, [&] {
    const auto started = impl(self).start();
    if (!started) gsttorch::post_error(GST_ELEMENT(self), started.error());
    return static_cast<gboolean>(started.ok());
  });
}

// What follows the last buffer tells others that the results are there.
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
  if (!guarded(self, false, [&] { return prepare_for(impl(self), event); })) {
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
  const auto ready = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                              GST_PARAM_MUTABLE_READY);
  const auto playing = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                                GST_PARAM_MUTABLE_PLAYING);
  const auto readable = static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  const WriterSettings defaults;
  g_object_class_install_property(
      object_class, kLocation,
      g_param_spec_string("location", "Location",
                          "Folder for the results; made if it is missing. An earlier "
                          "results.jsonl in it is replaced",
                          nullptr, ready));
  g_object_class_install_property(
      object_class, kFlowEvery,
      g_param_spec_uint("flow-every", "Flow every",
                        "Write the flow of every Nth frame as a .flo file (0 = none)", 0, G_MAXUINT,
                        defaults.flow_every, playing));
  g_object_class_install_property(
      object_class, kMaxQueue,
      g_param_spec_uint("max-queue", "Maximum queue",
                        "Frames that may wait to be written; when there are more, the stream waits",
                        1, G_MAXUINT, defaults.max_queue, playing));
  g_object_class_install_property(
      object_class, kStats,
      g_param_spec_boxed("stats", "Statistics",
                         "frames taken, records, bytes and flow-files written, queue-level",
                         GST_TYPE_STRUCTURE, readable));
}

}  // namespace

static void gst_analysis_writer_class_init(GstAnalysisWriterClass* klass) {
  auto* object_class = G_OBJECT_CLASS(klass);
  auto* element_class = GST_ELEMENT_CLASS(klass);
  auto* transform_class = GST_BASE_TRANSFORM_CLASS(klass);

  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = [](GObject* self) {
    delete GST_ANALYSIS_WRITER(self)->impl;
    G_OBJECT_CLASS(gst_analysis_writer_parent_class)->finalize(self);
  };
  element_class->change_state = change_state;
  transform_class->start = start;
  transform_class->stop = [](GstBaseTransform* self) -> gboolean {
    return guarded(self, FALSE, [&] { return impl(self).stop(), TRUE; });
  };
  transform_class->sink_event = sink_event;
  transform_class->transform_ip = [](GstBaseTransform* self, GstBuffer* buffer) {
    return guarded(self, GST_FLOW_ERROR, [&] { return impl(self).take(buffer); });
  };
  add_properties(object_class);

  gst_element_class_set_static_metadata(
      element_class, "Analysis writer", "Filter/Analyzer/File",
      "Writes analysis results that lie on buffers to files: JSON lines and .flo",
      "The gst-plugins-torch authors");
  for (const auto& [name, direction] : {std::pair{"sink", GST_PAD_SINK}, {"src", GST_PAD_SRC}}) {
    gst_element_class_add_pad_template(
        element_class, gst_pad_template_new(name, direction, GST_PAD_ALWAYS, GST_CAPS_ANY));
  }
}

static void gst_analysis_writer_init(GstAnalysisWriter* self) {
  self->impl = new AnalysisWriter(GST_ELEMENT(self));
  // The same buffers come out, not copies: nothing here may write to them.
  gst_base_transform_set_passthrough(GST_BASE_TRANSFORM(self), TRUE);
}
