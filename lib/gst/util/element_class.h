// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
/// What the shells of the elements have in common when they set up their classes and properties.
#pragma once

#include <string>
#include <utility>

#include <gst/gst.h>

#include "lib/gst/util/boundary.h"

namespace gsttorch {

/// Flags of properties that may be set up to READY, at any time, or never.
inline constexpr auto kMutableReady =
    static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
inline constexpr auto kMutablePlaying = static_cast<GParamFlags>(
    G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);
inline constexpr auto kReadOnly =
    static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

/// Reads a string property; NULL becomes an empty string.
inline std::string get_text(const GValue* value) {
  const gchar* nullable = g_value_get_string(value);
  return nullable ? nullable : "";
}
inline void set_text(GValue* value, const std::string& text) {
  g_value_set_string(value, text.empty() ? nullptr : text.c_str());
}

/// Adds always pads "sink" and "src" that accept any caps.
inline void add_any_pad_templates(GstElementClass* element_class) {
  for (const auto& [name, direction] : {std::pair{"sink", GST_PAD_SINK}, {"src", GST_PAD_SRC}}) {
    gst_element_class_add_pad_template(
        element_class, gst_pad_template_new(name, direction, GST_PAD_ALWAYS, GST_CAPS_ANY));
  }
}

/// Stops an element that is disposed of while it plays, because its threads would use freed
/// objects. GStreamer regards that as an application error, but Python does it whenever a program
/// ends by sys.exit(): it releases all objects, whatever their state. kParentClass is the address
/// of the variable that contains the parent class.
template <auto* kParentClass>
void stop_when_disposed(GObjectClass* object_class) {
  object_class->dispose = [](GObject* object) {
    GstElement* const element = GST_ELEMENT_CAST(object);
    if (GST_STATE(element) != GST_STATE_NULL) gst_element_set_state(element, GST_STATE_NULL);
    G_OBJECT_CLASS(*kParentClass)->dispose(object);
  };
}

/// Starts an element's work and posts an error if that fails.
template <typename Work>
bool start_or_post(gpointer element, Work& work) {
  return guarded(element, false, [&] {
    const auto started = work.start();
    if (!started) post_error(GST_ELEMENT_CAST(element), started.error());
    return started.ok();
  });
}

}  // namespace gsttorch
