// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
/**
 * SECTION:element-analysisoverlay
 *
 * Draws the results that are attached to a buffer, over the image or beside it: optical flow
 * (GstTorchFlowMeta) as Middlebury colours or arrows; shots (GstTorchShotMeta) as the shot's number
 * and the scores of the last frames; matches (GstTorchMatchMeta) as the motion of points, the
 * outline of the reference image, and text. Frames without a result pass without a drawing.
 *
 * |[
 * gst-launch-1.0 videotestsrc pattern=ball ! video/x-raw,width=320,height=240 ! raftflow ! \
 *     videoconvert ! analysisoverlay layout=side-by-side ! videoconvert ! autovideosink
 * ]|
 */
#include "gst/analysisoverlay/gstanalysisoverlay.h"

#include "gst/analysisoverlay/analysisoverlay.h"
#include "gst/analysisoverlay/debug.h"
#include "lib/gst/util/boundary.h"
#include "lib/gst/util/element_class.h"

using gsttorch::AnalysisOverlay;
using gsttorch::FlowStyle;
using gsttorch::get_text;
using gsttorch::guard_properties;
using gsttorch::guarded;
using gsttorch::kMutablePlaying;
using gsttorch::kMutableReady;
using gsttorch::kReadOnly;
using gsttorch::MatchColor;
using gsttorch::MatchStyle;
using gsttorch::OverlayLayout;
using gsttorch::OverlaySettings;
using gsttorch::set_text;
using gsttorch::start_or_post;

struct _GstAnalysisOverlay {
  GstVideoFilter parent;
  AnalysisOverlay* impl;
};

GST_DEBUG_CATEGORY(analysis_overlay_debug);

G_DEFINE_FINAL_TYPE_WITH_CODE(GstAnalysisOverlay, gst_analysis_overlay, GST_TYPE_VIDEO_FILTER,
                              GST_DEBUG_CATEGORY_INIT(analysis_overlay_debug, "analysisoverlay", 0,
                                                      "analysisoverlay"))
GST_ELEMENT_REGISTER_DEFINE(analysisoverlay, "analysisoverlay", GST_RANK_NONE,
                            GST_TYPE_ANALYSIS_OVERLAY)

namespace {

enum Property {
  kFlowStyle = 1,
  kLayout,
  kOpacity,
  kMaxMagnitude,
  kArrowStep,
  kSource,
  kShots,
  kEvery,
  kSnapshotLocation,
  kSnapshotEvery,
  kSnapshotMaxFiles,
  kSnapshotMaxQueue,
  kStats,
  kPerfLine,
  kMatchStyle,
  kMatchColor,
  kMatchOutline,
  kHistorySize
};

constexpr char kCaps[] = GST_VIDEO_CAPS_MAKE("{ RGB, BGR, RGBx, BGRx, RGBA, BGRA }");

AnalysisOverlay& impl(gpointer self) { return *GST_ANALYSIS_OVERLAY(self)->impl; }

GType flow_style_type() {
  static const GType type = [] {
    static const GEnumValue values[] = {
        {static_cast<gint>(FlowStyle::None), "Nothing", "none"},
        {static_cast<gint>(FlowStyle::Wheel), "Colours (hue = direction, saturation = magnitude)",
         "wheel"},
        {static_cast<gint>(FlowStyle::Arrows), "Arrows (hue = direction)", "arrows"},
        {0, nullptr, nullptr}};
    return g_enum_register_static("GstAnalysisOverlayFlowStyle", values);
  }();
  return type;
}

GType match_style_type() {
  static const GType type = [] {
    static const GEnumValue values[] = {
        {static_cast<gint>(MatchStyle::None), "Nothing", "none"},
        {static_cast<gint>(MatchStyle::Trails),
         "Lines on the frame, from the position of each point in the reference image to its "
         "position in the frame",
         "trails"},
        {static_cast<gint>(MatchStyle::Pairs),
         "Lines from the frame to the reference image on its right (requires layout=side-by-side)",
         "pairs"},
        {0, nullptr, nullptr}};
    return g_enum_register_static("GstAnalysisOverlayMatchStyle", values);
  }();
  return type;
}

GType match_color_type() {
  static const GType type = [] {
    static const GEnumValue values[] = {
        {static_cast<gint>(MatchColor::Inliers),
         "Green for inliers of the geometry, red for outliers", "inliers"},
        {static_cast<gint>(MatchColor::Confidence),
         "From red (confidence 0) through yellow to green (confidence 1)", "confidence"},
        {0, nullptr, nullptr}};
    return g_enum_register_static("GstAnalysisOverlayMatchColor", values);
  }();
  return type;
}

GType layout_type() {
  static const GType type = [] {
    static const GEnumValue values[] = {
        {static_cast<gint>(OverlayLayout::Blend), "Draw the results on the image", "blend"},
        {static_cast<gint>(OverlayLayout::SideBySide),
         "Double the width, with the image on the left and the drawing on the right",
         "side-by-side"},
        {0, nullptr, nullptr}};
    return g_enum_register_static("GstAnalysisOverlayLayout", values);
  }();
  return type;
}

void set_layout(GObject* self, OverlayLayout layout) {
  // Caps are negotiated for one of them.
  if (GST_STATE(self) > GST_STATE_READY) {
    GST_ELEMENT_WARNING(
        self, RESOURCE, SETTINGS,
        ("Cannot change the layout while the element is running; set it in NULL or READY."),
        (nullptr));
    return;
  }
  impl(self).change_settings([&](OverlaySettings& settings) { settings.layout = layout; });
  gst_base_transform_set_in_place(GST_BASE_TRANSFORM(self), layout == OverlayLayout::Blend);
}

void set_property(GObject* self, guint id, const GValue* value, GParamSpec* spec) {
  if (id == kLayout) {
    set_layout(self, static_cast<OverlayLayout>(g_value_get_enum(value)));
    return;
  }
  impl(self).change_settings([&](OverlaySettings& settings) {
    switch (id) {
      case kFlowStyle:
        settings.flow_style = static_cast<FlowStyle>(g_value_get_enum(value));
        break;
      case kMatchStyle:
        settings.match_style = static_cast<MatchStyle>(g_value_get_enum(value));
        break;
      case kMatchColor:
        settings.match_color = static_cast<MatchColor>(g_value_get_enum(value));
        break;
      case kMatchOutline:
        settings.match_outline = g_value_get_boolean(value);
        break;
      case kHistorySize:
        settings.history_size = g_value_get_uint(value);
        break;
      case kOpacity:
        settings.opacity = g_value_get_double(value);
        break;
      case kMaxMagnitude:
        settings.max_magnitude = g_value_get_double(value);
        break;
      case kArrowStep:
        settings.arrow_step = g_value_get_uint(value);
        break;
      case kSource:
        settings.source = get_text(value);
        break;
      case kShots:
        settings.shots = g_value_get_boolean(value);
        break;
      case kEvery:
        settings.every = g_value_get_uint(value);
        break;
      case kPerfLine:
        settings.perf_line = g_value_get_boolean(value);
        break;
      case kSnapshotLocation:
        settings.snapshot_location = get_text(value);
        break;
      case kSnapshotEvery:
        settings.snapshot_every = g_value_get_uint(value);
        break;
      case kSnapshotMaxFiles:
        settings.snapshot_max_files = g_value_get_uint(value);
        break;
      case kSnapshotMaxQueue:
        settings.snapshot_max_queue = g_value_get_uint(value);
        break;
      default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID(self, id, spec);
    }
  });
}

void get_property(GObject* self, guint id, GValue* value, GParamSpec* spec) {
  const OverlaySettings settings = impl(self).settings();
  switch (id) {
    case kFlowStyle:
      g_value_set_enum(value, static_cast<gint>(settings.flow_style));
      break;
    case kLayout:
      g_value_set_enum(value, static_cast<gint>(settings.layout));
      break;
    case kMatchStyle:
      g_value_set_enum(value, static_cast<gint>(settings.match_style));
      break;
    case kMatchColor:
      g_value_set_enum(value, static_cast<gint>(settings.match_color));
      break;
    case kMatchOutline:
      g_value_set_boolean(value, settings.match_outline);
      break;
    case kHistorySize:
      g_value_set_uint(value, settings.history_size);
      break;
    case kOpacity:
      g_value_set_double(value, settings.opacity);
      break;
    case kMaxMagnitude:
      g_value_set_double(value, settings.max_magnitude);
      break;
    case kArrowStep:
      g_value_set_uint(value, settings.arrow_step);
      break;
    case kSource:
      set_text(value, settings.source);
      break;
    case kShots:
      g_value_set_boolean(value, settings.shots);
      break;
    case kEvery:
      g_value_set_uint(value, settings.every);
      break;
    case kPerfLine:
      g_value_set_boolean(value, settings.perf_line);
      break;
    case kSnapshotLocation:
      set_text(value, settings.snapshot_location);
      break;
    case kSnapshotEvery:
      g_value_set_uint(value, settings.snapshot_every);
      break;
    case kSnapshotMaxFiles:
      g_value_set_uint(value, settings.snapshot_max_files);
      break;
    case kSnapshotMaxQueue:
      g_value_set_uint(value, settings.snapshot_max_queue);
      break;
    case kStats:
      g_value_take_boxed(value, impl(self).stats());
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID(self, id, spec);
  }
}

GstCaps* transform_caps(GstBaseTransform* self, GstPadDirection direction, GstCaps* caps,
                        GstCaps* filter) {
  return guarded(self, static_cast<GstCaps*>(nullptr), [&] {
    auto result = impl(self).transform_caps(direction, caps);
    if (!filter) return result.release();
    return gst_caps_intersect_full(filter, result.get(), GST_CAPS_INTERSECT_FIRST);
  });
}

gboolean transform_meta(GstBaseTransform* self, GstBuffer*, GstMeta* meta, GstBuffer*) {
  return guarded(self, FALSE, [&] { return static_cast<gboolean>(impl(self).keeps_meta(meta)); });
}

// The parent class makes a frame writable, if necessary by a copy: skipped if nothing is drawn.
GstFlowReturn prepare_output_buffer(GstBaseTransform* self, GstBuffer* in, GstBuffer** out) {
  return guarded(self, GST_FLOW_ERROR, [&] {
    if (!impl(self).begin_frame(in, GST_VIDEO_FILTER(self)->in_info)) {
      *out = in;
      return GST_FLOW_OK;
    }
    return GST_BASE_TRANSFORM_CLASS(gst_analysis_overlay_parent_class)
        ->prepare_output_buffer(self, in, out);
  });
}

GstFlowReturn transform_in_place(GstBaseTransform* self, GstBuffer* buffer) {
  if (!impl(self).draws()) return GST_FLOW_OK;
  return GST_BASE_TRANSFORM_CLASS(gst_analysis_overlay_parent_class)->transform_ip(self, buffer);
}

gboolean sink_event(GstBaseTransform* self, GstEvent* event) {
  GST_DEBUG_OBJECT(self, "event: %" GST_PTR_FORMAT, event);
  if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP) {
    guarded(self, false, [&] { return impl(self).reset(), true; });
  }
  return GST_BASE_TRANSFORM_CLASS(gst_analysis_overlay_parent_class)->sink_event(self, event);
}

void add_snapshot_properties(GObjectClass* object_class) {
  const OverlaySettings defaults;
  g_object_class_install_property(
      object_class, kSnapshotLocation,
      g_param_spec_string("snapshot-location", "Snapshot location",
                          "Path pattern for snapshots, such as debug/%05d.png or debug/%05d.jpg, "
                          "where %05d stands for the frame number (NULL = no snapshots)",
                          nullptr, kMutableReady));
  g_object_class_install_property(
      object_class, kSnapshotEvery,
      g_param_spec_uint("snapshot-every", "Snapshot every", "Write a snapshot of every Nth frame",
                        1, G_MAXUINT, defaults.snapshot_every, kMutablePlaying));
  g_object_class_install_property(
      object_class, kSnapshotMaxFiles,
      g_param_spec_uint("snapshot-max-files", "Snapshot maximum files",
                        "Maximum number of snapshots to keep; the element removes the oldest ones "
                        "of this run (0 = no limit)",
                        0, G_MAXUINT, defaults.snapshot_max_files, kMutablePlaying));
  g_object_class_install_property(
      object_class, kSnapshotMaxQueue,
      g_param_spec_uint("snapshot-max-queue", "Snapshot maximum queue",
                        "Maximum number of snapshots that wait to be drawn and encoded; the "
                        "element drops further ones",
                        1, G_MAXUINT, defaults.snapshot_max_queue, kMutablePlaying));
  g_object_class_install_property(
      object_class, kStats,
      g_param_spec_boxed(
          "stats", "Statistics",
          "Numbers of frames received, frames drawn on, and snapshots written, dropped and failed",
          GST_TYPE_STRUCTURE, kReadOnly));
}

void add_match_properties(GObjectClass* object_class) {
  const OverlaySettings defaults;
  g_object_class_install_property(
      object_class, kMatchStyle,
      g_param_spec_enum("match-style", "Match style", "How matches are drawn", match_style_type(),
                        static_cast<gint>(defaults.match_style), kMutablePlaying));
  g_object_class_install_property(
      object_class, kMatchColor,
      g_param_spec_enum("match-color", "Match color", "What the colour of a match shows",
                        match_color_type(), static_cast<gint>(defaults.match_color),
                        kMutablePlaying));
  g_object_class_install_property(
      object_class, kMatchOutline,
      g_param_spec_boolean(
          "match-outline", "Match outline",
          "Draw the border of the reference image, transformed into the frame by the homography",
          defaults.match_outline, kMutablePlaying));
  g_object_class_install_property(
      object_class, kHistorySize,
      g_param_spec_uint("history-size", "History size",
                        "Number of earlier frames to keep for match-style=pairs; the reference "
                        "frame of the matches must be one of them",
                        1, 1000, defaults.history_size, kMutablePlaying));
  gst_type_mark_as_plugin_api(match_style_type(), static_cast<GstPluginAPIFlags>(0));
  gst_type_mark_as_plugin_api(match_color_type(), static_cast<GstPluginAPIFlags>(0));
}

void add_properties(GObjectClass* object_class) {
  const OverlaySettings defaults;
  g_object_class_install_property(
      object_class, kFlowStyle,
      g_param_spec_enum("flow-style", "Flow style", "How optical flow is drawn", flow_style_type(),
                        static_cast<gint>(defaults.flow_style), kMutablePlaying));
  g_object_class_install_property(
      object_class, kLayout,
      g_param_spec_enum("layout", "Layout", "Where results are drawn", layout_type(),
                        static_cast<gint>(defaults.layout), kMutableReady));
  g_object_class_install_property(
      object_class, kOpacity,
      g_param_spec_double("opacity", "Opacity",
                          "With layout=blend, opacity of the flow over the image", 0, 1,
                          defaults.opacity, kMutablePlaying));
  g_object_class_install_property(
      object_class, kMaxMagnitude,
      g_param_spec_double("max-magnitude", "Maximum magnitude",
                          "Magnitude of the flow, in pixels, that is drawn with full saturation or "
                          "as an arrow as long as arrow-step (0 = derive it from the flow)",
                          0, 1e6, defaults.max_magnitude, kMutablePlaying));
  g_object_class_install_property(
      object_class, kArrowStep,
      g_param_spec_uint("arrow-step", "Arrow step", "Distance between arrows, in pixels", 2, 4096,
                        defaults.arrow_step, kMutablePlaying));
  g_object_class_install_property(
      object_class, kSource,
      g_param_spec_string(
          "source", "Source",
          "Name of the element whose results are drawn (NULL = the first element with a result)",
          nullptr, kMutablePlaying));
  g_object_class_install_property(
      object_class, kShots,
      g_param_spec_boolean("shots", "Shots",
                           "Draw the number of the shot and the scores of the most recent frames",
                           defaults.shots, kMutablePlaying));
  g_object_class_install_property(
      object_class, kEvery,
      g_param_spec_uint("every", "Every",
                        "Draw on every Nth frame; the element passes other frames on without a "
                        "copy (0 = draw on no frame)",
                        0, G_MAXUINT, defaults.every, kMutablePlaying));
  g_object_class_install_property(
      object_class, kPerfLine,
      g_param_spec_boolean("perf-line", "Performance line",
                           "Draw measurements at the bottom of the image: the statistics of a "
                           "perfmeter in the pipeline, or the frame rate if there is none",
                           defaults.perf_line, kMutablePlaying));
  add_match_properties(object_class);
  add_snapshot_properties(object_class);
  gst_type_mark_as_plugin_api(flow_style_type(), static_cast<GstPluginAPIFlags>(0));
  gst_type_mark_as_plugin_api(layout_type(), static_cast<GstPluginAPIFlags>(0));
}

void set_virtual_functions(GstAnalysisOverlayClass* klass) {
  auto* transform_class = GST_BASE_TRANSFORM_CLASS(klass);
  transform_class->transform_caps = transform_caps;
  transform_class->transform_meta = transform_meta;
  transform_class->sink_event = sink_event;
  transform_class->start = [](GstBaseTransform* self) -> gboolean {
    return start_or_post(self, impl(self));
  };
  transform_class->stop = [](GstBaseTransform* self) -> gboolean {
    return guarded(self, FALSE, [&] { return impl(self).stop(), TRUE; });
  };
  transform_class->prepare_output_buffer = prepare_output_buffer;
  transform_class->transform_ip = transform_in_place;
  auto* filter_class = GST_VIDEO_FILTER_CLASS(klass);
  filter_class->set_info = [](GstVideoFilter* self, GstCaps* in, GstVideoInfo*, GstCaps* out,
                              GstVideoInfo*) -> gboolean {
    GST_DEBUG_OBJECT(self, "caps: %" GST_PTR_FORMAT " to %" GST_PTR_FORMAT, in, out);
    return guarded(self, FALSE, [&] { return impl(self).reset(), TRUE; });
  };
  filter_class->transform_frame_ip = [](GstVideoFilter* self, GstVideoFrame* frame) {
    return guarded(self, GST_FLOW_ERROR, [&] { return impl(self).draw_over(frame), GST_FLOW_OK; });
  };
  filter_class->transform_frame = [](GstVideoFilter* self, GstVideoFrame* in, GstVideoFrame* out) {
    return guarded(self, GST_FLOW_ERROR,
                   [&] { return impl(self).draw_beside(in, out), GST_FLOW_OK; });
  };
}

}  // namespace

static void gst_analysis_overlay_class_init(GstAnalysisOverlayClass* klass) {
  auto* object_class = G_OBJECT_CLASS(klass);
  auto* element_class = GST_ELEMENT_CLASS(klass);
  guard_properties<set_property, get_property>(object_class);
  object_class->finalize = [](GObject* self) {
    delete GST_ANALYSIS_OVERLAY(self)->impl;
    G_OBJECT_CLASS(gst_analysis_overlay_parent_class)->finalize(self);
  };
  set_virtual_functions(klass);
  add_properties(object_class);

  gst_element_class_set_static_metadata(
      element_class, "Analysis overlay", "Filter/Editor/Video",
      "Draws the analysis results of buffers (optical flow, shots, matches) on the image",
      "The gst-plugins-torch authors");
  for (const auto& [name, direction] : {std::pair{"sink", GST_PAD_SINK}, {"src", GST_PAD_SRC}}) {
    GstCaps* caps = gst_caps_from_string(kCaps);
    gst_element_class_add_pad_template(element_class,
                                       gst_pad_template_new(name, direction, GST_PAD_ALWAYS, caps));
    gst_caps_unref(caps);
  }
}

static void gst_analysis_overlay_init(GstAnalysisOverlay* self) {
  self->impl = new AnalysisOverlay(GST_ELEMENT(self));
  gst_base_transform_set_in_place(GST_BASE_TRANSFORM(self), TRUE);
  // Late frames are drawn and pushed too.
  gst_base_transform_set_qos_enabled(GST_BASE_TRANSFORM(self), FALSE);
}
