// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
/**
 * SECTION:element-raftflow
 * @title: raftflow
 * @short_description: dense optical flow with RAFT
 *
 * Computes dense optical flow: for each frame, a vector per pixel that says how far that pixel
 * moved since an earlier frame. Attaches the result as a GstTorchFlowMeta (see gsttorchflowmeta.h)
 * and never modifies pixels. With post-messages=true it also posts an element message named
 * `raftflow` for each flow, with the fields `timestamp`, `stream-time`, `running-time`, `duration`,
 * `reference-pts` (ns), `iterations`, `mean-magnitude` and `max-magnitude` (pixels).
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 videotestsrc pattern=ball num-buffers=30 ! video/x-raw,width=320,height=240 ! \
 *     raftflow ! videoconvert ! analysisoverlay ! videoconvert ! autovideosink
 * ]|
 */
#include "gst/raftflow/gstraftflow.h"

#include "config.h"
#include "gst/raftflow/raftflow.h"
#include "lib/gst/gsttorchflowmeta.h"
#include "lib/gst/model_analyzer/model_analyzer_class.h"
#include "lib/gst/util/boundary.h"
#include "lib/gst/util/element_class.h"
#include "lib/gst/util/video_info.h"

GST_DEBUG_CATEGORY(gst_raft_flow_debug);
#define GST_CAT_DEFAULT gst_raft_flow_debug

struct _GstRaftFlow {
  GstTorchModelAnalyzer parent;
};

G_DEFINE_TYPE(GstRaftFlow, gst_raft_flow, GST_TYPE_TORCH_MODEL_ANALYZER)
GST_ELEMENT_REGISTER_DEFINE(raftflow, "raftflow", GST_RANK_NONE, GST_TYPE_RAFT_FLOW)

namespace {

using gsttorch::guard_properties;
using gsttorch::kMutablePlaying;
using gsttorch::RaftFlowSettings;

enum Property : guint {
  PROP_ITERATIONS = 1,
  PROP_CONVERGENCE,
  PROP_MAX_SIZE,
  PROP_DIRECTION,
  PROP_WARM_START,
  PROP_LAG,
  PROP_FLOW_FORMAT,
  PROP_RESET_ON_CUT,
  PROP_SKIP_IDENTICAL,
};

GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
                            GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE(GSTTORCH_VIDEO_FORMATS)));
GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS,
                            GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE(GSTTORCH_VIDEO_FORMATS)));

gsttorch::RaftFlow& impl(gpointer self) { return gsttorch::analysis_of<gsttorch::RaftFlow>(self); }

void write_setting(RaftFlowSettings& s, guint id, const GValue* value) {
  switch (id) {
    case PROP_ITERATIONS:
      s.own.iterations = static_cast<int>(g_value_get_uint(value));
      break;
    case PROP_CONVERGENCE:
      s.options.convergence_px = g_value_get_double(value);
      break;
    case PROP_MAX_SIZE:
      s.options.max_size = static_cast<int>(g_value_get_uint(value));
      break;
    case PROP_DIRECTION:
      s.options.direction = static_cast<gsttorch::FlowDirection>(g_value_get_enum(value));
      break;
    case PROP_WARM_START:
      s.warm_start = g_value_get_boolean(value);
      break;
    case PROP_LAG:
      s.lag = g_value_get_uint(value);
      break;
    case PROP_FLOW_FORMAT:
      s.options.output = static_cast<gsttorch::DataType>(g_value_get_enum(value));
      break;
    case PROP_RESET_ON_CUT:
      s.reset_on_cut = g_value_get_boolean(value);
      break;
    case PROP_SKIP_IDENTICAL:
      s.own.skip_identical = g_value_get_boolean(value);
      break;
  }
}

void read_setting(const RaftFlowSettings& s, guint id, GValue* value) {
  switch (id) {
    case PROP_ITERATIONS:
      g_value_set_uint(value, s.options.iterations);
      break;
    case PROP_CONVERGENCE:
      g_value_set_double(value, s.options.convergence_px);
      break;
    case PROP_MAX_SIZE:
      g_value_set_uint(value, s.options.max_size);
      break;
    case PROP_DIRECTION:
      g_value_set_enum(value, static_cast<gint>(s.options.direction));
      break;
    case PROP_WARM_START:
      g_value_set_boolean(value, s.warm_start);
      break;
    case PROP_LAG:
      g_value_set_uint(value, s.lag);
      break;
    case PROP_FLOW_FORMAT:
      g_value_set_enum(value, static_cast<gint>(s.options.output));
      break;
    case PROP_RESET_ON_CUT:
      g_value_set_boolean(value, s.reset_on_cut);
      break;
    case PROP_SKIP_IDENTICAL:
      g_value_set_boolean(value, s.skip_identical);
      break;
  }
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec*) {
  impl(object).change_settings([&](RaftFlowSettings& s) { write_setting(s, id, value); });
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec*) {
  read_setting(impl(object).settings(), id, value);
}

void install_properties(GObjectClass* object_class) {
  const RaftFlowSettings defaults;
  const auto install = [object_class](guint id, GParamSpec* spec) {
    g_object_class_install_property(object_class, id, spec);
  };
  install(PROP_ITERATIONS,
          g_param_spec_uint("iterations", "Iterations", "Maximum number of refinement iterations",
                            1, 100, defaults.options.iterations, kMutablePlaying));
  install(PROP_CONVERGENCE,
          g_param_spec_double("convergence", "Convergence",
                              "Stop refining when an iteration changes the flow by less than this "
                              "on average, in pixels inside the model (0 = run all iterations)",
                              0, 100, defaults.options.convergence_px, kMutablePlaying));
  install(
      PROP_MAX_SIZE,
      g_param_spec_uint(
          "max-size", "Maximum size",
          "Maximum length of the longer side of the image inside the model, in pixels; the element "
          "scales larger frames down and their flow up again (0 = use the size of the frame)",
          0, 16384, defaults.options.max_size, kMutablePlaying));
  install(PROP_DIRECTION, g_param_spec_enum("direction", "Direction", "Direction of the flow",
                                            GST_TYPE_TORCH_FLOW_DIRECTION, GST_TORCH_FLOW_FORWARD,
                                            kMutablePlaying));
  install(PROP_WARM_START,
          g_param_spec_boolean(
              "warm-start", "Warm start",
              "Start each estimate from the flow of the previous pair, moved along with the motion",
              defaults.warm_start, kMutablePlaying));
  install(PROP_LAG,
          g_param_spec_uint("lag", "Lag", "Distance between the two frames of a pair, in frames", 1,
                            100, defaults.lag, kMutablePlaying));
  install(
      PROP_FLOW_FORMAT,
      g_param_spec_enum("flow-format", "Flow format", "Element type of the attached arrays",
                        GST_TYPE_TORCH_FLOW_FORMAT, GST_TORCH_FLOW_FORMAT_F32, kMutablePlaying));
  install(PROP_RESET_ON_CUT,
          g_param_spec_boolean("reset-on-cut", "Reset on cut",
                               "Do not compute flow across a cut that an upstream scenedetect "
                               "found, and do not warm-start from another shot",
                               defaults.reset_on_cut, kMutablePlaying));
  install(PROP_SKIP_IDENTICAL,
          g_param_spec_boolean("skip-identical", "Skip identical",
                               "Do not run the model for two identical frames; their flow is zero, "
                               "with 0 iterations",
                               defaults.skip_identical, kMutablePlaying));
}

}  // namespace

static void gst_raft_flow_class_init(GstRaftFlowClass* klass) {
  auto* object_class = G_OBJECT_CLASS(klass);
  auto* element_class = GST_ELEMENT_CLASS(klass);
  GST_DEBUG_CATEGORY_INIT(gst_raft_flow_debug, "raftflow", 0, "RAFT optical flow");

  guard_properties<set_property, get_property>(object_class);
  gsttorch::set_model_analysis<gsttorch::RaftFlow>(klass);

  install_properties(object_class);
  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_set_static_metadata(
      element_class, "RAFT optical flow", "Filter/Analyzer/Video",
      "Computes dense optical flow from an earlier frame and attaches it to buffers",
      GST_PACKAGE_NAME);
  gst_type_mark_as_plugin_api(GST_TYPE_TORCH_FLOW_DIRECTION, static_cast<GstPluginAPIFlags>(0));
  gst_type_mark_as_plugin_api(GST_TYPE_TORCH_FLOW_FORMAT, static_cast<GstPluginAPIFlags>(0));
}

static void gst_raft_flow_init(GstRaftFlow*) {}
