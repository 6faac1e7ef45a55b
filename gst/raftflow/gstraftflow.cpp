// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
/**
 * SECTION:element-raftflow
 * @title: raftflow
 * @short_description: dense optical flow with RAFT
 *
 * Computes for each frame where every pixel of an earlier frame has moved to, and attaches the
 * result as a GstTorchFlowMeta (see gsttorchflowmeta.h). Pixels pass through untouched. With
 * post-messages=true it also posts an element message named `raftflow` for each flow, with the
 * fields `timestamp`, `stream-time`, `running-time`, `duration`, `reference-timestamp` (ns),
 * `iterations`, `mean-magnitude` and `max-magnitude` (pixels).
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 videotestsrc pattern=ball num-buffers=30 ! video/x-raw,width=320,height=240 !
 *   raftflow ! videoconvert ! analysisoverlay ! videoconvert ! autovideosink
 * ]|
 */
#include "gst/raftflow/gstraftflow.h"

#include "config.h"
#include "gst/raftflow/raftflow.h"
#include "lib/gst/boundary.h"
#include "lib/gst/gsttorchflowmeta.h"
#include "lib/gst/video_frame.h"

GST_DEBUG_CATEGORY(gst_raft_flow_debug);
#define GST_CAT_DEFAULT gst_raft_flow_debug

struct _GstRaftFlow {
  GstBaseTransform parent;
  gsttorch::RaftFlow* impl;
};

G_DEFINE_TYPE(GstRaftFlow, gst_raft_flow, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE(raftflow, "raftflow", GST_RANK_NONE, GST_TYPE_RAFT_FLOW)

namespace {

using gsttorch::guarded;
using gsttorch::RaftFlowSettings;

enum Property : guint {
  PROP_MODEL = 1,
  PROP_DEVICE,
  PROP_ITERATIONS,
  PROP_CONVERGENCE,
  PROP_MAX_SIZE,
  PROP_DIRECTION,
  PROP_WARM_START,
  PROP_LAG,
  PROP_FLOW_FORMAT,
  PROP_INFERENCE_INTERVAL,
  PROP_ATTACH,
  PROP_POST_MESSAGES,
  PROP_STATS,
};

GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
                            GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE(GSTTORCH_VIDEO_FORMATS)));
GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS,
                            GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE(GSTTORCH_VIDEO_FORMATS)));

gsttorch::RaftFlow& impl(gpointer self) { return *GST_RAFT_FLOW(self)->impl; }

void write_setting(RaftFlowSettings& s, guint id, const GValue* value) {
  switch (id) {
    case PROP_MODEL:
      s.model = g_value_get_string(value) ? g_value_get_string(value) : "auto";
      break;
    case PROP_DEVICE:
      s.device = g_value_get_string(value) ? g_value_get_string(value) : "auto";
      break;
    case PROP_ITERATIONS:
      s.options.iterations = static_cast<int>(g_value_get_uint(value));
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
    case PROP_INFERENCE_INTERVAL:
      s.inference_interval = g_value_get_uint(value);
      break;
    case PROP_ATTACH:
      s.attach = static_cast<GstTorchAttach>(g_value_get_enum(value));
      break;
    case PROP_POST_MESSAGES:
      s.post_messages = g_value_get_boolean(value);
      break;
  }
}

void read_setting(const RaftFlowSettings& s, guint id, GValue* value) {
  switch (id) {
    case PROP_MODEL:
      g_value_set_string(value, s.model.c_str());
      break;
    case PROP_DEVICE:
      g_value_set_string(value, s.device.c_str());
      break;
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
    case PROP_INFERENCE_INTERVAL:
      g_value_set_uint(value, s.inference_interval);
      break;
    case PROP_ATTACH:
      g_value_set_enum(value, s.attach);
      break;
    case PROP_POST_MESSAGES:
      g_value_set_boolean(value, s.post_messages);
      break;
  }
}

GstStructure* stats_structure(const gsttorch::RaftFlowStats& stats) {
  GstStructure* s =
      gst_structure_new("application/x-raftflow-stats", "frames", G_TYPE_UINT64, stats.frames,
                        "pairs", G_TYPE_UINT64, stats.pairs, "skipped", G_TYPE_UINT64,
                        stats.skipped, "inference-ms", G_TYPE_DOUBLE, stats.inference_ms, nullptr);
  if (!stats.model.empty()) {
    gst_structure_set(s, "model", G_TYPE_STRING, stats.model.c_str(), "device", G_TYPE_STRING,
                      stats.device.c_str(), "load-ms", G_TYPE_DOUBLE, stats.load_ms, nullptr);
  }
  return s;
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec*) {
  impl(object).change_settings([&](RaftFlowSettings& s) { write_setting(s, id, value); });
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec*) {
  if (id == PROP_STATS) {
    g_value_take_boxed(value, stats_structure(impl(object).stats()));
  } else {
    read_setting(impl(object).settings(), id, value);
  }
}

GstStateChangeReturn change_state(GstElement* element, GstStateChange transition) {
  gsttorch::RaftFlow& work = impl(element);
  if (transition == GST_STATE_CHANGE_NULL_TO_READY) {
    if (const auto started = work.start_loading(); !started) {
      gsttorch::post_error(element, started.error());
      return GST_STATE_CHANGE_FAILURE;
    }
  }
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED) work.resume();
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) work.cancel();
  const GstStateChangeReturn result =
      GST_ELEMENT_CLASS(gst_raft_flow_parent_class)->change_state(element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) work.reset();
  if (transition == GST_STATE_CHANGE_READY_TO_NULL) work.unload();
  return result;
}

gboolean sink_event(GstBaseTransform* transform, GstEvent* event) {
  gsttorch::RaftFlow& work = impl(transform);
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_FLUSH_START:
      work.cancel();
      break;
    case GST_EVENT_FLUSH_STOP:
      work.resume();
      work.reset();
      break;
    case GST_EVENT_STREAM_START:
      work.reset();
      break;
    case GST_EVENT_SEGMENT:
      work.mark_segment();
      break;
    default:
      break;
  }
  return GST_BASE_TRANSFORM_CLASS(gst_raft_flow_parent_class)->sink_event(transform, event);
}

gboolean set_caps(GstBaseTransform* transform, GstCaps* caps, GstCaps*) {
  GstVideoInfo info;
  if (!gst_video_info_from_caps(&info, caps)) return FALSE;
  impl(transform).set_video_info(info);
  return TRUE;
}

// Only metadata is written: a buffer that others hold too is copied without its pixels.
GstFlowReturn prepare_output_buffer(GstBaseTransform*, GstBuffer* input, GstBuffer** output) {
  *output = gst_buffer_is_writable(input) ? input : gst_buffer_copy(input);
  return *output ? GST_FLOW_OK : GST_FLOW_ERROR;
}

// The memory that comes in goes out, so downstream alone says what it may be like.
gboolean propose_allocation(GstBaseTransform* transform, GstQuery*, GstQuery* query) {
  return gst_pad_peer_query(GST_BASE_TRANSFORM_SRC_PAD(transform), query);
}

void install_properties(GObjectClass* object_class) {
  const auto ready = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                              GST_PARAM_MUTABLE_READY);
  const auto playing = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                                GST_PARAM_MUTABLE_PLAYING);
  const RaftFlowSettings defaults;
  const auto install = [object_class](guint id, GParamSpec* spec) {
    g_object_class_install_property(object_class, id, spec);
  };
  install(PROP_MODEL, g_param_spec_string("model", "Model",
                                          "Name of a net from models/manifest.json, or path of a "
                                          "weights file; auto is raft-small",
                                          defaults.model.c_str(), ready));
  install(PROP_DEVICE, g_param_spec_string("device", "Device",
                                           "auto, cpu, cuda or cuda:N; auto is the first "
                                           "CUDA device where one is usable, else the CPU",
                                           defaults.device.c_str(), ready));
  install(PROP_ITERATIONS,
          g_param_spec_uint("iterations", "Iterations", "Refinements of a flow, at most", 1, 100,
                            defaults.options.iterations, playing));
  install(PROP_CONVERGENCE,
          g_param_spec_double("convergence", "Convergence",
                              "Stop when the mean change of an iteration is below this, in pixels "
                              "inside the net; 0 runs all iterations",
                              0, 100, defaults.options.convergence_px, playing));
  install(PROP_MAX_SIZE,
          g_param_spec_uint("max-size", "Maximum size",
                            "Longer side of the picture inside the net, in pixels; larger frames "
                            "are scaled down and their flow up; 0 is the frame's own size",
                            0, 16384, defaults.options.max_size, playing));
  install(PROP_DIRECTION,
          g_param_spec_enum("direction", "Direction", "Which way the flow points",
                            GST_TYPE_TORCH_FLOW_DIRECTION, GST_TORCH_FLOW_FORWARD, playing));
  install(PROP_WARM_START,
          g_param_spec_boolean("warm-start", "Warm start",
                               "Start each search at the flow of the pair before, carried along",
                               defaults.warm_start, playing));
  install(PROP_LAG, g_param_spec_uint("lag", "Lag", "Frames between the two of a pair", 1, 100,
                                      defaults.lag, playing));
  install(PROP_FLOW_FORMAT,
          g_param_spec_enum("flow-format", "Flow format", "Element type of the attached arrays",
                            GST_TYPE_TORCH_FLOW_FORMAT, GST_TORCH_FLOW_FORMAT_F32, playing));
  install(PROP_INFERENCE_INTERVAL,
          g_param_spec_uint("inference-interval", "Inference interval",
                            "Compute the flow of every Nth frame only", 1, G_MAXUINT,
                            defaults.inference_interval, playing));
  install(PROP_ATTACH, g_param_spec_enum("attach", "Attach", "What to attach to buffers",
                                         GST_TYPE_TORCH_ATTACH, defaults.attach, playing));
  install(PROP_POST_MESSAGES, g_param_spec_boolean("post-messages", "Post messages",
                                                   "Post an element message for each flow",
                                                   defaults.post_messages, playing));
  install(
      PROP_STATS,
      g_param_spec_boxed("stats", "Statistics", "What was done since the start", GST_TYPE_STRUCTURE,
                         static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));
}

}  // namespace

static void gst_raft_flow_class_init(GstRaftFlowClass* klass) {
  auto* object_class = G_OBJECT_CLASS(klass);
  auto* element_class = GST_ELEMENT_CLASS(klass);
  auto* transform_class = GST_BASE_TRANSFORM_CLASS(klass);
  GST_DEBUG_CATEGORY_INIT(gst_raft_flow_debug, "raftflow", 0, "RAFT optical flow");

  object_class->set_property = [](GObject* o, guint id, const GValue* v, GParamSpec* spec) {
    guarded(o, 0, [&] { return set_property(o, id, v, spec), 0; });
  };
  object_class->get_property = [](GObject* o, guint id, GValue* v, GParamSpec* spec) {
    guarded(o, 0, [&] { return get_property(o, id, v, spec), 0; });
  };
  object_class->finalize = [](GObject* o) {
    delete GST_RAFT_FLOW(o)->impl;
    G_OBJECT_CLASS(gst_raft_flow_parent_class)->finalize(o);
  };
  element_class->change_state = [](GstElement* e, GstStateChange t) {
    return guarded(e, GST_STATE_CHANGE_FAILURE, [&] { return change_state(e, t); });
  };
  transform_class->sink_event = [](GstBaseTransform* t, GstEvent* e) -> gboolean {
    return guarded(t, FALSE, [&] { return sink_event(t, e); });
  };
  transform_class->set_caps = [](GstBaseTransform* t, GstCaps* in, GstCaps* out) -> gboolean {
    return guarded(t, FALSE, [&] { return set_caps(t, in, out); });
  };
  transform_class->transform_ip = [](GstBaseTransform* t, GstBuffer* b) {
    return guarded(t, GST_FLOW_ERROR, [&] { return impl(t).process(b, t->segment); });
  };
  transform_class->prepare_output_buffer = prepare_output_buffer;
  transform_class->propose_allocation = propose_allocation;

  install_properties(object_class);
  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_set_static_metadata(element_class, "RAFT optical flow", "Filter/Analyzer/Video",
                                        "Attaches the dense optical flow from an earlier frame",
                                        GST_PACKAGE_NAME);
  gst_type_mark_as_plugin_api(GST_TYPE_TORCH_ATTACH, static_cast<GstPluginAPIFlags>(0));
  gst_type_mark_as_plugin_api(GST_TYPE_TORCH_FLOW_DIRECTION, static_cast<GstPluginAPIFlags>(0));
  gst_type_mark_as_plugin_api(GST_TYPE_TORCH_FLOW_FORMAT, static_cast<GstPluginAPIFlags>(0));
}

static void gst_raft_flow_init(GstRaftFlow* self) {
  self->impl = new gsttorch::RaftFlow(GST_ELEMENT(self));
  auto* transform = GST_BASE_TRANSFORM(self);
  gst_base_transform_set_in_place(transform, TRUE);
  gst_base_transform_set_qos_enabled(transform, FALSE);
}
