// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
/**
 * SECTION:element-loftrmatch
 * @title: loftrmatch
 * @short_description: matches between images with LoFTR
 *
 * Finds point correspondences between each frame and an earlier frame, or one or more reference
 * images. Attaches a GstTorchMatchMeta for each of these images (see gsttorchmatchmeta.h) and never
 * modifies pixels. With post-messages=true it also posts an element message named `loftrmatch` for
 * each result, with the fields `timestamp`, `stream-time`, `running-time`, `duration`,
 * `reference-pts` (ns), `reference` (an image's file), `count`, `mean-confidence`; with
 * geometry also `geometry`, `verdict`, `inliers` and `residual` (pixels); with adaptive=true also
 * `passes`, `overlap` and `working-size` (pixels).
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 videotestsrc pattern=smpte num-buffers=30 ! video/x-raw,width=320,height=240 ! \
 *     loftrmatch geometry=homography post-messages=true ! fakesink
 * ]|
 */
#include "gst/loftrmatch/gstloftrmatch.h"

#include "config.h"
#include "gst/loftrmatch/loftrmatch.h"
#include "lib/gst/gsttorchmatchmeta.h"
#include "lib/gst/model_analyzer/model_analyzer_class.h"
#include "lib/gst/util/boundary.h"
#include "lib/gst/util/element_class.h"
#include "lib/gst/util/video_info.h"

GST_DEBUG_CATEGORY(gst_loftr_match_debug);
#define GST_CAT_DEFAULT gst_loftr_match_debug

struct _GstLoftrMatch {
  GstTorchModelAnalyzer parent;
};

G_DEFINE_TYPE(GstLoftrMatch, gst_loftr_match, GST_TYPE_TORCH_MODEL_ANALYZER)
GST_ELEMENT_REGISTER_DEFINE(loftrmatch, "loftrmatch", GST_RANK_NONE, GST_TYPE_LOFTR_MATCH)

namespace {

using gsttorch::GeometryKind;
using gsttorch::guard_properties;
using gsttorch::kMutablePlaying;
using gsttorch::kMutableReady;
using gsttorch::LoftrMatchSettings;
using gsttorch::MatchMode;

enum Property : guint {
  PROP_MODE = 1,
  PROP_LAG,
  PROP_REFERENCE_LOCATION,
  PROP_THRESHOLD,
  PROP_MAX_MATCHES,
  PROP_MAX_SIZE,
  PROP_TOKEN_PRUNING,
  PROP_GEOMETRY,
  PROP_REFINE,
  PROP_ADAPTIVE,
  PROP_COARSE_MODEL,
};

GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
                            GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE(GSTTORCH_VIDEO_FORMATS)));
GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS,
                            GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE(GSTTORCH_VIDEO_FORMATS)));

gsttorch::LoftrMatch& impl(gpointer self) {
  return gsttorch::analysis_of<gsttorch::LoftrMatch>(self);
}

GType mode_type() {
  static const GType type = [] {
    static const GEnumValue values[] = {
        {static_cast<gint>(MatchMode::Previous), "The previous frame", "previous"},
        {static_cast<gint>(MatchMode::Lag), "An earlier frame, at the distance that lag sets",
         "lag"},
        {static_cast<gint>(MatchMode::Reference), "The images that reference-location names",
         "reference"},
        {static_cast<gint>(MatchMode::ShotStart),
         "The first frame of the shot that an upstream scenedetect found", "shot-start"},
        {0, nullptr, nullptr}};
    return g_enum_register_static("GstLoftrMatchMode", values);
  }();
  return type;
}

GType geometry_type() {
  static const GType type = [] {
    static const GEnumValue values[] = {
        {static_cast<gint>(GeometryKind::None), "No geometry", "none"},
        {static_cast<gint>(GeometryKind::Homography),
         "Homography, for a planar scene or a camera that only rotates", "homography"},
        {static_cast<gint>(GeometryKind::Fundamental), "Fundamental matrix, for any rigid scene",
         "fundamental"},
        {0, nullptr, nullptr}};
    return g_enum_register_static("GstLoftrMatchGeometry", values);
  }();
  return type;
}

void write_setting(LoftrMatchSettings& s, guint id, const GValue* value) {
  switch (id) {
    case PROP_MODE:
      s.mode = static_cast<MatchMode>(g_value_get_enum(value));
      break;
    case PROP_LAG:
      s.lag = g_value_get_uint(value);
      break;
    case PROP_REFERENCE_LOCATION: {
      const gchar* location = g_value_get_string(value);
      s.reference_location = location ? location : "";
      break;
    }
    case PROP_THRESHOLD:
      s.options.threshold = g_value_get_double(value);
      break;
    case PROP_MAX_MATCHES:
      s.options.max_matches = g_value_get_uint(value);
      break;
    case PROP_MAX_SIZE:
      s.options.max_size = static_cast<int>(g_value_get_uint(value));
      break;
    case PROP_TOKEN_PRUNING:
      s.own.token_pruning = g_value_get_double(value);
      break;
    case PROP_GEOMETRY:
      s.geometry = static_cast<GeometryKind>(g_value_get_enum(value));
      break;
    case PROP_REFINE:
      s.refine = g_value_get_boolean(value);
      break;
    case PROP_ADAPTIVE:
      s.own.adaptive = g_value_get_boolean(value);
      break;
    case PROP_COARSE_MODEL: {
      const gchar* name = g_value_get_string(value);
      s.coarse_model = name ? name : "auto";
      break;
    }
  }
}

void read_setting(const LoftrMatchSettings& s, guint id, GValue* value) {
  switch (id) {
    case PROP_MODE:
      g_value_set_enum(value, static_cast<gint>(s.mode));
      break;
    case PROP_LAG:
      g_value_set_uint(value, s.lag);
      break;
    case PROP_REFERENCE_LOCATION:
      g_value_set_string(value,
                         s.reference_location.empty() ? nullptr : s.reference_location.c_str());
      break;
    case PROP_THRESHOLD:
      g_value_set_double(value, s.options.threshold);
      break;
    case PROP_MAX_MATCHES:
      g_value_set_uint(value, static_cast<guint>(s.options.max_matches));
      break;
    case PROP_MAX_SIZE:
      g_value_set_uint(value, static_cast<guint>(s.options.max_size));
      break;
    case PROP_TOKEN_PRUNING:
      g_value_set_double(value, s.options.token_pruning);
      break;
    case PROP_GEOMETRY:
      g_value_set_enum(value, static_cast<gint>(s.geometry));
      break;
    case PROP_REFINE:
      g_value_set_boolean(value, s.refine);
      break;
    case PROP_ADAPTIVE:
      g_value_set_boolean(value, s.adaptive);
      break;
    case PROP_COARSE_MODEL:
      g_value_set_string(value, s.coarse_model.c_str());
      break;
  }
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec*) {
  impl(object).change_settings([&](LoftrMatchSettings& s) { write_setting(s, id, value); });
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec*) {
  read_setting(impl(object).settings(), id, value);
}

void install_properties(GObjectClass* object_class) {
  const LoftrMatchSettings defaults;
  const auto install = [object_class](guint id, GParamSpec* spec) {
    g_object_class_install_property(object_class, id, spec);
  };
  install(PROP_MODE,
          g_param_spec_enum("mode", "Mode", "Image that each frame is matched with", mode_type(),
                            static_cast<gint>(defaults.mode), kMutablePlaying));
  install(PROP_LAG, g_param_spec_uint("lag", "Lag",
                                      "With mode=lag, distance between the two frames, in frames",
                                      1, 100, defaults.lag, kMutablePlaying));
  install(
      PROP_REFERENCE_LOCATION,
      g_param_spec_string(
          "reference-location", "Reference location",
          "With mode=reference, path of an image file, or a pattern with * and ? for several files",
          nullptr, kMutablePlaying));
  install(PROP_THRESHOLD,
          g_param_spec_double("threshold", "Threshold", "Minimum confidence of a match", 0, 1,
                              defaults.options.threshold, kMutablePlaying));
  install(PROP_MAX_MATCHES,
          g_param_spec_uint(
              "max-matches", "Maximum matches",
              "Maximum number of matches; the most confident ones are kept (0 = no limit)", 0,
              G_MAXUINT, 0, kMutablePlaying));
  install(PROP_MAX_SIZE,
          g_param_spec_uint(
              "max-size", "Maximum size",
              "Maximum length of the longer side of the image inside the model, in pixels; the "
              "element scales larger frames down (0 = use the size of the frame)",
              0, 16384, 0, kMutablePlaying));
  install(PROP_TOKEN_PRUNING,
          g_param_spec_double("token-pruning", "Token pruning",
                              "Share of the coarse cells to exclude from matching; cells with the "
                              "weakest features are excluded first (0 = exclude none)",
                              0, gsttorch::MatchOptions::kMostPruned,
                              defaults.options.token_pruning, kMutablePlaying));
  install(PROP_GEOMETRY, g_param_spec_enum("geometry", "Geometry",
                                           "Geometric model to fit to the matches", geometry_type(),
                                           static_cast<gint>(defaults.geometry), kMutablePlaying));
  install(PROP_REFINE,
          g_param_spec_boolean("refine", "Refine",
                               "Refit the geometry to all of its inliers by least squares",
                               defaults.refine, kMutablePlaying));
  install(
      PROP_ADAPTIVE,
      g_param_spec_boolean("adaptive", "Adaptive",
                           "Run a coarse pass at low resolution first; it decides the region, size "
                           "and density of the full pass, or shows that no full pass is required",
                           defaults.adaptive, kMutableReady));
  install(PROP_COARSE_MODEL,
          g_param_spec_string("coarse-model", "Coarse model",
                              "Model of the coarse pass: the name of a model, or the path of a "
                              "weights file (auto = loftr-lite)",
                              defaults.coarse_model.c_str(), kMutableReady));
}

}  // namespace

static void gst_loftr_match_class_init(GstLoftrMatchClass* klass) {
  auto* object_class = G_OBJECT_CLASS(klass);
  auto* element_class = GST_ELEMENT_CLASS(klass);
  GST_DEBUG_CATEGORY_INIT(gst_loftr_match_debug, "loftrmatch", 0, "LoFTR matching");

  guard_properties<set_property, get_property>(object_class);
  gsttorch::set_model_analysis<gsttorch::LoftrMatch>(klass);

  install_properties(object_class);
  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_set_static_metadata(element_class, "LoFTR matching", "Filter/Analyzer/Video",
                                        "Finds point correspondences with an earlier frame or a "
                                        "reference image and attaches them to buffers",
                                        GST_PACKAGE_NAME);
  gst_type_mark_as_plugin_api(mode_type(), static_cast<GstPluginAPIFlags>(0));
  gst_type_mark_as_plugin_api(geometry_type(), static_cast<GstPluginAPIFlags>(0));
}

static void gst_loftr_match_init(GstLoftrMatch*) {}
