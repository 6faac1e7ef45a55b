// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
/**
 * SECTION:element-scenedetect
 * @title: scenedetect
 * @short_description: shot boundary detection
 *
 * Finds shot boundaries (cuts, dissolves, fades) with a model (ResNet-18 features, or TransNetV2)
 * that processes each frame. Attaches a GstTorchShotMeta with the score to every frame (see
 * gsttorchshotmeta.h) and never modifies pixels. Decisions use later frames, so the element delays
 * the stream by some frames. For each boundary it posts an element message named `scenedetect` with
 * the fields `timestamp`, `stream-time`, `running-time`, `duration`, `start-pts`, `middle-pts`,
 * `end-pts` (ns), `frame`, `start-frame`, `middle-frame`, `end-frame`, `shot`, `boundary` (`cut`,
 * `dissolve`, `fade`), `score` and `confidence`.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -m filesrc location=video.mp4 ! decodebin ! videoconvert ! scenedetect ! fakesink
 * ]|
 */
#include "gst/scenedetect/gstscenedetect.h"

#include "config.h"
#include "gst/scenedetect/scenedetect.h"
#include "lib/gst/model_analyzer/model_analyzer_class.h"
#include "lib/gst/util/boundary.h"
#include "lib/gst/util/element_class.h"
#include "lib/gst/util/video_info.h"

GST_DEBUG_CATEGORY(gst_scene_detect_debug);
#define GST_CAT_DEFAULT gst_scene_detect_debug

struct _GstSceneDetect {
  GstTorchModelAnalyzer parent;
};

G_DEFINE_TYPE(GstSceneDetect, gst_scene_detect, GST_TYPE_TORCH_MODEL_ANALYZER)
GST_ELEMENT_REGISTER_DEFINE(scenedetect, "scenedetect", GST_RANK_NONE, GST_TYPE_SCENE_DETECT)

namespace {

using gsttorch::guard_properties;
using gsttorch::kMutablePlaying;
using gsttorch::kMutableReady;
using gsttorch::SceneDetectSettings;

enum Property : guint {
  PROP_THRESHOLD = 1,
  PROP_MIN_SHOT_DURATION,
  PROP_LOOKAHEAD,
  PROP_FEATURE_LAYER,
  PROP_FORCE_KEY_UNIT,
  PROP_ALL_HEADERS,
  PROP_POST_MESSAGES,
};

constexpr guint kMostLookAhead = 32;
constexpr guint kMostLayers = 4;

GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
                            GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE(GSTTORCH_VIDEO_FORMATS)));
GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS,
                            GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE(GSTTORCH_VIDEO_FORMATS)));

gsttorch::SceneDetect& impl(gpointer self) {
  return gsttorch::analysis_of<gsttorch::SceneDetect>(self);
}

void write_setting(SceneDetectSettings& s, guint id, const GValue* value) {
  switch (id) {
    case PROP_THRESHOLD:
      s.threshold = g_value_get_double(value);
      break;
    case PROP_MIN_SHOT_DURATION:
      s.min_shot_duration = g_value_get_uint64(value);
      break;
    case PROP_LOOKAHEAD:
      s.look_ahead = g_value_get_uint(value);
      break;
    case PROP_FEATURE_LAYER:
      s.feature_layer = g_value_get_uint(value);
      break;
    case PROP_FORCE_KEY_UNIT:
      s.force_key_unit = g_value_get_boolean(value);
      break;
    case PROP_ALL_HEADERS:
      s.all_headers = g_value_get_boolean(value);
      break;
  }
}

void read_setting(const SceneDetectSettings& s, guint id, GValue* value) {
  switch (id) {
    case PROP_THRESHOLD:
      g_value_set_double(value, s.threshold);
      break;
    case PROP_MIN_SHOT_DURATION:
      g_value_set_uint64(value, s.min_shot_duration);
      break;
    case PROP_LOOKAHEAD:
      g_value_set_uint(value, s.look_ahead);
      break;
    case PROP_FEATURE_LAYER:
      g_value_set_uint(value, s.feature_layer);
      break;
    case PROP_FORCE_KEY_UNIT:
      g_value_set_boolean(value, s.force_key_unit);
      break;
    case PROP_ALL_HEADERS:
      g_value_set_boolean(value, s.all_headers);
      break;
  }
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec*) {
  if (id == PROP_POST_MESSAGES) {
    impl(object).host().set_post_messages(g_value_get_boolean(value));
    return;
  }
  impl(object).change_settings([&](SceneDetectSettings& s) { write_setting(s, id, value); });
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec*) {
  if (id == PROP_POST_MESSAGES) {
    g_value_set_boolean(value, impl(object).host().settings().post_messages);
    return;
  }
  read_setting(impl(object).settings(), id, value);
}

void install_properties(GObjectClass* object_class) {
  const SceneDetectSettings defaults;
  const auto install = [object_class](guint id, GParamSpec* spec) {
    g_object_class_install_property(object_class, id, spec);
  };
  install(
      PROP_THRESHOLD,
      g_param_spec_double("threshold", "Threshold",
                          "Minimum score of a boundary; a higher threshold finds fewer boundaries",
                          0.01, 0.99, defaults.threshold, kMutablePlaying));
  install(PROP_MIN_SHOT_DURATION,
          g_param_spec_uint64("min-shot-duration", "Minimum shot duration",
                              "Minimum shot length, in nanoseconds; the element ignores boundaries "
                              "closer to the previous one",
                              0, 60 * GST_SECOND, defaults.min_shot_duration, kMutablePlaying));
  install(PROP_LOOKAHEAD,
          g_param_spec_uint(
              "look-ahead", "Look-ahead",
              "Number of later frames to wait for before a decision; flashes of up to this length "
              "are not reported as cuts (TransNetV2 waits for 74 more frames)",
              1, kMostLookAhead, defaults.look_ahead, kMutableReady));
  install(PROP_FEATURE_LAYER,
          g_param_spec_uint("feature-layer", "Feature layer",
                            "Layer of ResNet-18, from 1 to 4, whose spatial mean is compared "
                            "between frames (0 = the last layer in the weights file)",
                            0, kMostLayers, defaults.feature_layer, kMutableReady));
  install(
      PROP_FORCE_KEY_UNIT,
      g_param_spec_boolean("force-key-unit", "Force key unit",
                           "Request a key frame from downstream encoders at the start of each shot",
                           defaults.force_key_unit, kMutablePlaying));
  install(PROP_ALL_HEADERS,
          g_param_spec_boolean("all-headers", "All headers",
                               "With force-key-unit, request all headers with each key frame",
                               defaults.all_headers, kMutablePlaying));
  install(PROP_POST_MESSAGES,
          g_param_spec_boolean("post-messages", "Post messages",
                               "Post an element message for each boundary", TRUE, kMutablePlaying));
}

}  // namespace

static void gst_scene_detect_class_init(GstSceneDetectClass* klass) {
  auto* object_class = G_OBJECT_CLASS(klass);
  auto* element_class = GST_ELEMENT_CLASS(klass);
  GST_DEBUG_CATEGORY_INIT(gst_scene_detect_debug, "scenedetect", 0, "shot boundary detection");

  guard_properties<set_property, get_property>(object_class);
  gsttorch::set_model_analysis<gsttorch::SceneDetect>(klass);

  install_properties(object_class);
  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_set_static_metadata(
      element_class, "Shot boundary detection", "Filter/Analyzer/Video",
      "Finds shot boundaries, attaches them to buffers and posts them as messages",
      GST_PACKAGE_NAME);
}

// post-messages is on by default here: boundaries are rare, and most applications need them.
static void gst_scene_detect_init(GstSceneDetect* self) {
  impl(self).host().set_post_messages(true);
}
