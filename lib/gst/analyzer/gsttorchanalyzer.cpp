// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/analyzer/gsttorchanalyzer.h"

#include "lib/gst/analyzer/analyzer.h"
#include "lib/gst/cuda_context.h"
#include "lib/gst/debug.h"
#include "lib/gst/runtime/runtime_stats.h"
#include "lib/gst/util/boundary.h"
#include "lib/gst/util/element_class.h"

GST_DEBUG_CATEGORY(gst_torch_analyzer_debug);

namespace {

using gsttorch::AnalyzerCounts;
using gsttorch::AnalyzerSettings;
using gsttorch::guard_properties;
using gsttorch::guarded;
using gsttorch::kMutablePlaying;
using gsttorch::kMutableReady;
using gsttorch::kReadOnly;
using gsttorch::Ref;

enum Property : guint {
  PROP_MODEL = 1,
  PROP_DEVICE,
  PROP_PRECISION,
  PROP_INFERENCE_INTERVAL,
  PROP_BATCH_SIZE,
  PROP_BATCH_TIMEOUT,
  PROP_MAX_LATENESS,
  PROP_MEMORY_LIMIT,
  PROP_ATTACH,
  PROP_POST_MESSAGES,
  PROP_STATS,
};

GstElementClass* parent_class = nullptr;

gsttorch::Analyzer& impl(gpointer object) { return *GST_TORCH_ANALYZER(object)->impl; }

std::string word(const GValue* value) {
  const gchar* text = g_value_get_string(value);
  return text && *text ? text : "auto";
}

void write_setting(AnalyzerSettings& s, guint id, const GValue* value) {
  switch (id) {
    case PROP_MODEL:
      s.model = word(value);
      break;
    case PROP_DEVICE:
      s.device = word(value);
      break;
    case PROP_PRECISION:
      s.precision = static_cast<GstTorchPrecision>(g_value_get_enum(value));
      break;
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
    case PROP_MEMORY_LIMIT:
      s.memory_limit = g_value_get_uint64(value);
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
    case PROP_MODEL:
      g_value_set_string(value, s.model.c_str());
      break;
    case PROP_DEVICE:
      g_value_set_string(value, s.device.c_str());
      break;
    case PROP_PRECISION:
      g_value_set_enum(value, s.precision);
      break;
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
    case PROP_MEMORY_LIMIT:
      g_value_set_uint64(value, s.memory_limit);
      break;
    case PROP_ATTACH:
      g_value_set_enum(value, s.attach);
      break;
    case PROP_POST_MESSAGES:
      g_value_set_boolean(value, s.post_messages);
      break;
  }
}

// What a frame and a batch of each size took, and how full batches were: 1 is batch-size.
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
  work.analysis().add_stats(stats.get());
  GstStructure* runtime = gsttorch::runtime_stats();
  gst_structure_set(stats.get(), "runtime", GST_TYPE_STRUCTURE, runtime, nullptr);
  gst_structure_free(runtime);
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

// As a whole pointer: others may ask for it meanwhile.
bool has_runtime(gpointer element) {
  return g_atomic_pointer_get(&GST_TORCH_ANALYZER(element)->runtime) != nullptr;
}
void drop_runtime(GstTorchAnalyzer* self) {
  gst_object_replace(reinterpret_cast<GstObject**>(&self->runtime), nullptr);
}

GstStateChangeReturn change_state(GstElement* element, GstStateChange transition) {
  auto* self = GST_TORCH_ANALYZER(element);
  if (transition == GST_STATE_CHANGE_NULL_TO_READY) {
    gst_torch_ensure_element_runtime(element, &self->runtime);
    if (const auto started = impl(element).start(); !started) {
      impl(element).report(started.error());
      drop_runtime(self);
      return GST_STATE_CHANGE_FAILURE;
    }
  }
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED) {
    if (const auto prepared = impl(element).prepare(); !prepared) {
      impl(element).report(prepared.error());
      return GST_STATE_CHANGE_FAILURE;
    }
  }
  const GstStateChangeReturn result = parent_class->change_state(element, transition);
  if (transition == GST_STATE_CHANGE_READY_TO_NULL) {
    guarded(element, false, [element] { return impl(element).stop(), true; });
    drop_runtime(self);
  }
  return result;
}

void set_context(GstElement* element, GstContext* context) {
  gst_torch_handle_set_context(context, &GST_TORCH_ANALYZER(element)->runtime);
  parent_class->set_context(element, context);
}

gboolean answer_query(GstPad* pad, GstObject* parent, GstQuery* query) {
  if (has_runtime(parent) && gst_torch_handle_context_query(GST_ELEMENT_CAST(parent), query)) {
    return TRUE;
  }
  if (GST_QUERY_TYPE(query) == GST_QUERY_CONTEXT) {
    const auto cuda = impl(parent).cuda_context();
    if (cuda && gsttorch::answer_cuda_query(query, cuda.get())) return TRUE;
  }
  return GST_PAD_IS_SINK(pad) ? impl(parent).sink_query(query) : impl(parent).src_query(query);
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

void init(GTypeInstance* instance, gpointer g_class) {
  auto* self = GST_TORCH_ANALYZER(instance);
  GstElement* element = GST_ELEMENT_CAST(self);
  gsttorch::AnalyzerPads pads;
  pads.sink = add_pad(element, g_class, "sink");
  pads.src = add_pad(element, g_class, "src");
  self->impl = new gsttorch::Analyzer(element, pads);
  auto analysis = GST_TORCH_ANALYZER_CLASS(g_class)->create_analysis(self->impl);
  self->analysis = analysis.get();
  self->impl->set_analysis(std::move(analysis));
  set_up_sink_pad(pads.sink);
  set_up_src_pad(pads.src);
}

void finalize(GObject* object) {
  delete GST_TORCH_ANALYZER(object)->impl;
  gst_clear_object(&GST_TORCH_ANALYZER(object)->runtime);  // of one that failed to start
  G_OBJECT_CLASS(parent_class)->finalize(object);
}

void install_properties(GObjectClass* object_class) {
  const AnalyzerSettings defaults;
  const auto install = [object_class](guint id, GParamSpec* spec) {
    g_object_class_install_property(object_class, id, spec);
  };
  install(PROP_MODEL, g_param_spec_string("model", "Model",
                                          "Name of a model from models/manifest.json, or path of a "
                                          "weights file (auto = the element's default)",
                                          defaults.model.c_str(), kMutableReady));
  install(PROP_DEVICE, g_param_spec_string("device", "Device",
                                           "Device that runs the model: auto, cpu, cuda or cuda:N "
                                           "(auto = a usable CUDA device, else the CPU)",
                                           defaults.device.c_str(), kMutableReady));
  install(PROP_PRECISION,
          g_param_spec_enum(
              "precision", "Precision",
              "Data type of convolutions. fp16 requires a CUDA device, bf16 a CUDA device with "
              "compute capability 8.0 or a CPU with AVX512_BF16 (auto = fp32)",
              GST_TYPE_TORCH_PRECISION, defaults.precision, kMutableReady));
  install(PROP_INFERENCE_INTERVAL,
          g_param_spec_uint("inference-interval", "Inference interval",
                            "Compute a result for every Nth frame only", 1, G_MAXUINT,
                            defaults.inference_interval, kMutablePlaying));
  install(
      PROP_BATCH_SIZE,
      g_param_spec_uint("batch-size", "Batch size",
                        "Maximum number of frames or pairs per inference; results do not change, "
                        "throughput may. A model that processes windows of frames ignores it",
                        1, 64, defaults.batch_size, kMutablePlaying));
  install(
      PROP_BATCH_TIMEOUT,
      g_param_spec_uint64("batch-timeout", "Batch timeout",
                          "Maximum time that a frame waits for its batch to fill, in nanoseconds",
                          0, 10 * GST_SECOND, defaults.batch_timeout, kMutablePlaying));
  install(PROP_MAX_LATENESS,
          g_param_spec_int64("max-lateness", "Maximum lateness",
                             "Live pipelines: maximum time that a frame waits for a busy model "
                             "before it passes without a result, in nanoseconds (-1 = duration of "
                             "a frame, maximum = analyze every frame and delay the stream)",
                             -1, G_MAXINT64, defaults.max_lateness, kMutablePlaying));
  install(PROP_MEMORY_LIMIT,
          g_param_spec_uint64(
              "memory-limit", "Memory limit",
              "Maximum memory for the work on frames, in bytes; to stay below it, the element uses "
              "smaller batches, then a lower resolution (0 = the runtime's limit)",
              0, G_MAXUINT64, defaults.memory_limit, kMutablePlaying));
  install(PROP_ATTACH,
          g_param_spec_enum("attach", "Attach", "Parts of the result that are attached to buffers",
                            GST_TYPE_TORCH_ATTACH, defaults.attach, kMutablePlaying));
  install(PROP_POST_MESSAGES, g_param_spec_boolean("post-messages", "Post messages",
                                                   "Post an element message for each result",
                                                   defaults.post_messages, kMutablePlaying));
  install(PROP_STATS, g_param_spec_boxed("stats", "Statistics", "Counters since the start",
                                         GST_TYPE_STRUCTURE, kReadOnly));
}

void class_init(gpointer g_class, gpointer) {
  GST_DEBUG_CATEGORY_INIT(gst_torch_analyzer_debug, "torchanalyzer", 0,
                          "base class of the elements that watch video with a model");
  parent_class = GST_ELEMENT_CLASS(g_type_class_peek_parent(g_class));
  auto* object_class = G_OBJECT_CLASS(g_class);
  auto* element_class = GST_ELEMENT_CLASS(g_class);
  object_class->finalize = finalize;
  gsttorch::stop_when_disposed<&parent_class>(object_class);
  guard_properties<set_property, get_property>(object_class);
  element_class->change_state = [](GstElement* e, GstStateChange t) {
    return guarded(e, GST_STATE_CHANGE_FAILURE, [&] { return change_state(e, t); });
  };
  element_class->set_context = set_context;
  element_class->set_clock = [](GstElement* element, GstClock* clock) -> gboolean {
    guarded(element, 0, [&] { return impl(element).set_clock(clock), 0; });
    return parent_class->set_clock(element, clock);
  };
  // Of the subclasses' properties too.
  object_class->notify = [](GObject* object, GParamSpec* spec) {
    if (spec->flags & GST_PARAM_MUTABLE_READY) impl(object).model_settings_changed();
  };
  install_properties(object_class);
  gst_type_mark_as_plugin_api(GST_TYPE_TORCH_ATTACH, static_cast<GstPluginAPIFlags>(0));
  gst_type_mark_as_plugin_api(GST_TYPE_TORCH_PRECISION, static_cast<GstPluginAPIFlags>(0));
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
