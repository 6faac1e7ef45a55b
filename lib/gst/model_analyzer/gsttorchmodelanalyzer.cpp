// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/model_analyzer/gsttorchmodelanalyzer.h"

#include "lib/gst/model_analyzer/model_analyzer.h"
#include "lib/gst/util/boundary.h"
#include "lib/gst/util/element_class.h"

namespace {

using gsttorch::guard_properties;
using gsttorch::guarded;
using gsttorch::kMutablePlaying;
using gsttorch::kMutableReady;
using gsttorch::ModelSettings;

enum Property : guint {
  PROP_QUALITY = 1,
  PROP_MODEL,
  PROP_DEVICE,
  PROP_PRECISION,
  PROP_MEMORY_LIMIT,
};

}  // namespace

G_DEFINE_ABSTRACT_TYPE(GstTorchModelAnalyzer, gst_torch_model_analyzer, GST_TYPE_TORCH_ANALYZER)

namespace {

gsttorch::ModelAnalyzer& impl(gpointer object) {
  auto* analyzer = static_cast<gsttorch::Analyzer*>(GST_TORCH_ANALYZER(object)->impl);
  return static_cast<gsttorch::ModelAnalyzer&>(*analyzer);
}

std::string text_or_auto(const GValue* value) {
  const gchar* text = g_value_get_string(value);
  return text && *text ? text : "auto";
}

void write_setting(ModelSettings& s, guint id, const GValue* value) {
  switch (id) {
    case PROP_QUALITY:
      s.quality = static_cast<gsttorch::Quality>(g_value_get_enum(value));
      break;
    case PROP_MODEL:
      s.model = text_or_auto(value);
      break;
    case PROP_DEVICE:
      s.device = text_or_auto(value);
      break;
    case PROP_PRECISION:
      s.own_precision = static_cast<gsttorch::Precision>(g_value_get_enum(value));
      break;
    case PROP_MEMORY_LIMIT:
      s.memory_limit = g_value_get_uint64(value);
      break;
  }
}

void read_setting(const ModelSettings& s, guint id, GValue* value) {
  switch (id) {
    case PROP_QUALITY:
      g_value_set_enum(value, static_cast<gint>(s.quality));
      break;
    case PROP_MODEL:
      g_value_set_string(value, s.model.c_str());
      break;
    case PROP_DEVICE:
      g_value_set_string(value, s.device.c_str());
      break;
    case PROP_PRECISION:
      g_value_set_enum(value, static_cast<gint>(s.precision()));
      break;
    case PROP_MEMORY_LIMIT:
      g_value_set_uint64(value, s.memory_limit);
      break;
  }
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec*) {
  impl(object).change_model_settings([&](ModelSettings& s) { write_setting(s, id, value); });
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec*) {
  read_setting(impl(object).model_settings(), id, value);
}

GstElementClass* parent_class() { return GST_ELEMENT_CLASS(gst_torch_model_analyzer_parent_class); }

void drop_runtime(gpointer self) {
  gst_object_replace(reinterpret_cast<GstObject**>(&GST_TORCH_MODEL_ANALYZER(self)->runtime),
                     nullptr);
}

// The runtime must be there when the base class starts the analysis, and while it stops it.
GstStateChangeReturn change_state(GstElement* element, GstStateChange transition) {
  if (transition == GST_STATE_CHANGE_NULL_TO_READY) {
    gst_torch_ensure_element_runtime(element, &GST_TORCH_MODEL_ANALYZER(element)->runtime);
  }
  const GstStateChangeReturn result = parent_class()->change_state(element, transition);
  const bool failed_to_start =
      transition == GST_STATE_CHANGE_NULL_TO_READY && result == GST_STATE_CHANGE_FAILURE;
  if (failed_to_start || transition == GST_STATE_CHANGE_READY_TO_NULL) drop_runtime(element);
  return result;
}

void set_context(GstElement* element, GstContext* context) {
  gst_torch_handle_set_context(context, &GST_TORCH_MODEL_ANALYZER(element)->runtime);
  parent_class()->set_context(element, context);
}

gpointer create_impl(GstTorchAnalyzer* self, GstPad* sink, GstPad* src) {
  const gsttorch::AnalyzerPads pads{sink, src};
  auto* made = new gsttorch::ModelAnalyzer(GST_ELEMENT_CAST(self), pads);
  GST_TORCH_MODEL_ANALYZER(self)->host = static_cast<gsttorch::ModelHost*>(made);
  return static_cast<gsttorch::Analyzer*>(made);
}

void install_properties(GObjectClass* object_class) {
  const ModelSettings defaults;
  const auto install = [object_class](guint id, GParamSpec* spec) {
    g_object_class_install_property(object_class, id, spec);
  };
  install(PROP_QUALITY,
          g_param_spec_enum("quality", "Quality",
                            "Preset for the properties that trade quality for speed; a property "
                            "that was set itself, before or after, keeps its value",
                            GST_TYPE_TORCH_QUALITY, static_cast<gint>(defaults.quality),
                            kMutableReady));
  install(PROP_MODEL, g_param_spec_string("model", "Model",
                                          "Name of a model from models/manifest.json, or path of a "
                                          "weights file (auto = the default model of the element)",
                                          defaults.model.c_str(), kMutableReady));
  install(PROP_DEVICE,
          g_param_spec_string("device", "Device",
                              "Device that runs the model: auto, cpu, cuda or cuda:N (auto = a "
                              "CUDA device if one is usable, otherwise the CPU)",
                              defaults.device.c_str(), kMutableReady));
  install(PROP_PRECISION,
          g_param_spec_enum(
              "precision", "Precision",
              "Data type of convolutions (auto = fp32); fp16 requires a CUDA device; bf16 requires "
              "a CUDA device of compute capability 8.0 or later, or a CPU with AVX512_BF16; "
              "reduced = fp32 on the CPU, and on a CUDA device bf16, else fp16",
              GST_TYPE_TORCH_PRECISION, static_cast<gint>(defaults.precision()), kMutableReady));
  install(PROP_MEMORY_LIMIT,
          g_param_spec_uint64("memory-limit", "Memory limit",
                              "Maximum memory for processing frames, in bytes; to stay below it, "
                              "the element uses smaller batches and, where it can, a lower "
                              "resolution (0 = use the memory-limit of the runtime)",
                              0, G_MAXUINT64, defaults.memory_limit, kMutablePlaying));
}

}  // namespace

static void gst_torch_model_analyzer_class_init(GstTorchModelAnalyzerClass* klass) {
  auto* object_class = G_OBJECT_CLASS(klass);
  auto* element_class = GST_ELEMENT_CLASS(klass);
  guard_properties<set_property, get_property>(object_class);
  element_class->change_state = [](GstElement* e, GstStateChange t) {
    return guarded(e, GST_STATE_CHANGE_FAILURE, [&] { return change_state(e, t); });
  };
  element_class->set_context = set_context;
  GST_TORCH_ANALYZER_CLASS(klass)->create_impl = create_impl;
  install_properties(object_class);
  gst_type_mark_as_plugin_api(GST_TYPE_TORCH_PRECISION, static_cast<GstPluginAPIFlags>(0));
  gst_type_mark_as_plugin_api(GST_TYPE_TORCH_QUALITY, static_cast<GstPluginAPIFlags>(0));
  gst_type_mark_as_plugin_api(GST_TYPE_TORCH_MODEL_ANALYZER, static_cast<GstPluginAPIFlags>(0));
}

static void gst_torch_model_analyzer_init(GstTorchModelAnalyzer*) {}
