// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/analyzer/gsttorchanalyzer.h"

#include "lib/gst/analyzer/analyzer.h"
#include "lib/gst/debug.h"
#include "lib/gst/util/boundary.h"
#include "lib/gst/util/element_class.h"

GST_DEBUG_CATEGORY(gst_torch_analyzer_debug);

namespace {

using gsttorch::AnalyzerCounts;
using gsttorch::AnalyzerSettings;
using gsttorch::guard_properties;
using gsttorch::guarded;
using gsttorch::kMutablePlaying;
using gsttorch::kReadOnly;
using gsttorch::Ref;

enum Property : guint {
  PROP_INFERENCE_INTERVAL = 1,
  PROP_BATCH_SIZE,
  PROP_BATCH_TIMEOUT,
  PROP_MAX_LATENESS,
  PROP_ATTACH,
  PROP_POST_MESSAGES,
  PROP_STATS,
};

GstElementClass* parent_class = nullptr;

gsttorch::Analyzer& impl(gpointer object) {
  return *static_cast<gsttorch::Analyzer*>(GST_TORCH_ANALYZER(object)->impl);
}

void write_setting(AnalyzerSettings& s, guint id, const GValue* value) {
  switch (id) {
    case PROP_INFERENCE_INTERVAL:
      s.inference_interval = g_value_get_uint(value);
      break;
    case PROP_BATCH_SIZE:
      s.batch_size = g_value_get_uint(value);
      break;
    case PROP_BATCH_TIMEOUT:
      s.batch_timeout = g_value_get_uint64(value);
      break;
    case PROP_MAX_LATENESS:
      s.max_lateness = g_value_get_int64(value);
      break;
    case PROP_ATTACH:
      s.attach = static_cast<GstTorchAttach>(g_value_get_enum(value));
      break;
    case PROP_POST_MESSAGES:
      s.post_messages = g_value_get_boolean(value);
      break;
  }
}

void read_setting(const AnalyzerSettings& s, guint id, GValue* value) {
  switch (id) {
    case PROP_INFERENCE_INTERVAL:
      g_value_set_uint(value, s.inference_interval);
      break;
    case PROP_BATCH_SIZE:
      g_value_set_uint(value, s.batch_size);
      break;
    case PROP_BATCH_TIMEOUT:
      g_value_set_uint64(value, s.batch_timeout);
      break;
    case PROP_MAX_LATENESS:
      g_value_set_int64(value, s.max_lateness);
      break;
    case PROP_ATTACH:
      g_value_set_enum(value, s.attach);
      break;
    case PROP_POST_MESSAGES:
      g_value_set_boolean(value, s.post_messages);
      break;
  }
}

// Times of a frame and of the batches of each size, and the mean batch size (1: batch-size).
void add_batches(GstStructure* stats, const AnalyzerCounts& counts, guint batch_size) {
  if (counts.batches == 0) return;
  const auto analyzed = static_cast<double>(counts.analyzed);
  gst_structure_set(stats, "frame-ms", G_TYPE_DOUBLE, counts.inference_ms / analyzed, "batch-fill",
                    G_TYPE_DOUBLE, analyzed / (static_cast<double>(counts.batches) * batch_size),
                    nullptr);
  GValue list = G_VALUE_INIT;
  g_value_init(&list, GST_TYPE_LIST);
  for (const auto& [size, batches] : counts.by_size) {
    GValue value = G_VALUE_INIT;
    g_value_init(&value, GST_TYPE_STRUCTURE);
    g_value_take_boxed(
        &value,
        gst_structure_new("batches", "size", G_TYPE_UINT, static_cast<guint>(size), "batches",
                          G_TYPE_UINT64, batches.batches, "batch-ms", G_TYPE_DOUBLE,
                          batches.ms / static_cast<double>(batches.batches), nullptr));
    gst_value_list_append_and_take_value(&list, &value);
  }
  gst_structure_take_value(stats, "batch-sizes", &list);
}

GstStructure* stats_structure(const gsttorch::Analyzer& work) {
  const gsttorch::AnalyzerCounts counts = work.counts();
  std::unique_ptr<GstStructure, decltype(&gst_structure_free)> stats(
      gst_structure_new("application/x-gsttorch-stats", "frames", G_TYPE_UINT64, counts.frames,
                        "analyzed", G_TYPE_UINT64, counts.analyzed, "batches", G_TYPE_UINT64,
                        counts.batches, "skipped", G_TYPE_UINT64, counts.skipped, "skipped-late",
                        G_TYPE_UINT64, counts.skipped_late, "copied", G_TYPE_UINT64, counts.copied,
                        "inference-ms", G_TYPE_DOUBLE, counts.inference_ms, "latency",
                        G_TYPE_UINT64, work.own_latency().min, nullptr),
      gst_structure_free);
  add_batches(stats.get(), counts, work.settings().batch_size);
  work.add_stats(stats.get());
  return stats.release();
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec*) {
  const gsttorch::OwnLatency before = impl(object).own_latency();
  impl(object).change_settings([&](AnalyzerSettings& s) { write_setting(s, id, value); });
  impl(object).latency_may_have_changed(before);
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec*) {
  if (id == PROP_STATS) {
    g_value_take_boxed(value, stats_structure(impl(object)));
  } else {
    read_setting(impl(object).settings(), id, value);
  }
}

GstStateChangeReturn start_or_report(GstElement* element, const gsttorch::Result<void>& started) {
  if (started) return GST_STATE_CHANGE_SUCCESS;
  impl(element).report(started.error());
  return GST_STATE_CHANGE_FAILURE;
}

GstStateChangeReturn change_state(GstElement* element, GstStateChange transition) {
  GstStateChangeReturn result = GST_STATE_CHANGE_SUCCESS;
  if (transition == GST_STATE_CHANGE_NULL_TO_READY) {
    result = start_or_report(element, impl(element).start());
  } else if (transition == GST_STATE_CHANGE_READY_TO_PAUSED) {
    result = start_or_report(element, impl(element).prepare());
  }
  if (result == GST_STATE_CHANGE_FAILURE) return result;
  result = parent_class->change_state(element, transition);
  if (transition == GST_STATE_CHANGE_READY_TO_NULL) {
    guarded(element, false, [element] { return impl(element).stop(), true; });
  }
  return result;
}

gboolean answer_query(GstPad* pad, GstObject* parent, GstQuery* query) {
  gsttorch::Analyzer& self = impl(parent);
  if (GST_QUERY_TYPE(query) == GST_QUERY_CONTEXT && self.answer_context_query(query)) return TRUE;
  return GST_PAD_IS_SINK(pad) ? self.sink_query(query) : self.src_query(query);
}

void set_up_sink_pad(GstPad* pad) {
  gst_pad_set_chain_function(pad, [](GstPad*, GstObject* parent, GstBuffer* buffer) {
    return guarded(parent, GST_FLOW_ERROR,
                   [&] { return impl(parent).chain(Ref<GstBuffer>::adopt(buffer)); });
  });
  gst_pad_set_event_full_function(pad, [](GstPad*, GstObject* parent, GstEvent* event) {
    return guarded(parent, GST_FLOW_ERROR, [&] { return impl(parent).sink_event(event); });
  });
  gst_pad_set_activatemode_function(
      pad, [](GstPad*, GstObject* parent, GstPadMode mode, gboolean active) -> gboolean {
        if (mode != GST_PAD_MODE_PUSH) return FALSE;
        return guarded(parent, FALSE, [&] { return impl(parent).activate_sink(active), TRUE; });
      });
}

void set_up_src_pad(GstPad* pad) {
  gst_pad_set_event_function(pad, [](GstPad*, GstObject* parent, GstEvent* event) -> gboolean {
    return guarded(parent, FALSE, [&] { return impl(parent).src_event(event); });
  });
  gst_pad_set_activatemode_function(
      pad, [](GstPad*, GstObject* parent, GstPadMode mode, gboolean active) -> gboolean {
        if (mode != GST_PAD_MODE_PUSH) return FALSE;
        // GStreamer has no way to continue from a pad that does not stop.
        const gboolean on_failure = !active;
        return guarded(parent, on_failure, [&] { return impl(parent).activate_src(active); });
      });
}

GstPad* add_pad(GstElement* element, gpointer g_class, const gchar* name) {
  GstPadTemplate* pad_template =
      gst_element_class_get_pad_template(GST_ELEMENT_CLASS(g_class), name);
  GstPad* pad = gst_pad_new_from_template(pad_template, name);
  gst_pad_set_query_function(pad, [](GstPad* p, GstObject* parent, GstQuery* query) -> gboolean {
    return guarded(parent, FALSE, [&] { return answer_query(p, parent, query); });
  });
  GST_PAD_SET_PROXY_CAPS(pad);
  gst_element_add_pad(element, pad);
  return pad;
}

// Of an element whose class does not make a C++ part of its own.
gpointer create_impl(GstTorchAnalyzer* self, GstPad* sink, GstPad* src) {
  return new gsttorch::Analyzer(GST_ELEMENT_CAST(self), {sink, src});
}

void init(GTypeInstance* instance, gpointer g_class) {
  auto* self = GST_TORCH_ANALYZER(instance);
  GstElement* element = GST_ELEMENT_CAST(self);
  GstPad* const sink = add_pad(element, g_class, "sink");
  GstPad* const src = add_pad(element, g_class, "src");
  auto* klass = GST_TORCH_ANALYZER_CLASS(g_class);
  self->impl = klass->create_impl(self, sink, src);
  self->host = static_cast<gsttorch::AnalyzerHost*>(&impl(self));
  self->analysis = klass->create_analysis(self);
  impl(self).set_analysis(static_cast<gsttorch::Analysis*>(self->analysis));
  set_up_sink_pad(sink);
  set_up_src_pad(src);
}

void finalize(GObject* object) {
  delete &impl(object);
  G_OBJECT_CLASS(parent_class)->finalize(object);
}

void install_properties(GObjectClass* object_class) {
  const AnalyzerSettings defaults;
  const auto install = [object_class](guint id, GParamSpec* spec) {
    g_object_class_install_property(object_class, id, spec);
  };
  install(PROP_INFERENCE_INTERVAL,
          g_param_spec_uint("inference-interval", "Inference interval",
                            "Compute a result for every Nth frame only", 1, G_MAXUINT,
                            defaults.inference_interval, kMutablePlaying));
  install(
      PROP_BATCH_SIZE,
      g_param_spec_uint("batch-size", "Batch size",
                        "Maximum number of frames per inference; a model with a fixed window "
                        "(TransNetV2) always processes a whole window, so leave this at 1 for it",
                        1, 64, defaults.batch_size, kMutablePlaying));
  install(
      PROP_BATCH_TIMEOUT,
      g_param_spec_uint64("batch-timeout", "Batch timeout",
                          "Maximum time that a frame waits for its batch to fill, in nanoseconds",
                          0, 10 * GST_SECOND, defaults.batch_timeout, kMutablePlaying));
  install(
      PROP_MAX_LATENESS,
      g_param_spec_int64("max-lateness", "Maximum lateness",
                         "In a live pipeline, how long a frame may wait for a busy model before it "
                         "is passed on without a result, in nanoseconds (-1 = the duration of one "
                         "frame; maximum value = analyze every frame, which delays the stream)",
                         -1, G_MAXINT64, defaults.max_lateness, kMutablePlaying));
  install(PROP_ATTACH, g_param_spec_enum("attach", "Attach", "What is attached to buffers",
                                         GST_TYPE_TORCH_ATTACH, defaults.attach, kMutablePlaying));
  install(PROP_POST_MESSAGES, g_param_spec_boolean("post-messages", "Post messages",
                                                   "Post an element message for each result",
                                                   defaults.post_messages, kMutablePlaying));
  install(PROP_STATS,
          g_param_spec_boxed("stats", "Statistics", "Statistics since the element started",
                             GST_TYPE_STRUCTURE, kReadOnly));
}

void class_init(gpointer g_class, gpointer) {
  GST_DEBUG_CATEGORY_INIT(gst_torch_analyzer_debug, "torchanalyzer", 0,
                          "base class of the elements that analyse video");
  parent_class = GST_ELEMENT_CLASS(g_type_class_peek_parent(g_class));
  auto* object_class = G_OBJECT_CLASS(g_class);
  auto* element_class = GST_ELEMENT_CLASS(g_class);
  object_class->finalize = finalize;
  gsttorch::stop_when_disposed<&parent_class>(object_class);
  guard_properties<set_property, get_property>(object_class);
  element_class->change_state = [](GstElement* e, GstStateChange t) {
    return guarded(e, GST_STATE_CHANGE_FAILURE, [&] { return change_state(e, t); });
  };
  element_class->set_clock = [](GstElement* element, GstClock* clock) -> gboolean {
    guarded(element, 0, [&] { return impl(element).set_clock(clock), 0; });
    return parent_class->set_clock(element, clock);
  };
  // Of the subclasses' properties too.
  object_class->notify = [](GObject* object, GParamSpec* spec) {
    if (spec->flags & GST_PARAM_MUTABLE_READY) impl(object).start_settings_changed();
  };
  GST_TORCH_ANALYZER_CLASS(g_class)->create_impl = create_impl;
  install_properties(object_class);
  gst_type_mark_as_plugin_api(GST_TYPE_TORCH_ATTACH, static_cast<GstPluginAPIFlags>(0));
  gst_type_mark_as_plugin_api(GST_TYPE_TORCH_ANALYZER, static_cast<GstPluginAPIFlags>(0));
}

}  // namespace

// Not the macro: pads are made of the templates of the element's own class, which only the plain
// form of an instance's init is given.
GType gst_torch_analyzer_get_type(void) {
  static const GType type = [] {
    GTypeInfo info = {};
    info.class_size = sizeof(GstTorchAnalyzerClass);
    info.class_init = class_init;
    info.instance_size = sizeof(GstTorchAnalyzer);
    info.instance_init = init;
    return g_type_register_static(GST_TYPE_ELEMENT, "GstTorchAnalyzer", &info,
                                  G_TYPE_FLAG_ABSTRACT);
  }();
  return type;
}
