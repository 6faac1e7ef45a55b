// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
/// What the shells of the elements have in common when they set up their classes and properties.
#pragma once

#include <string>
#include <utility>

#include <gst/gst.h>

#include "lib/gst/boundary.h"

namespace gsttorch {

/// Properties that may be set up to READY, at any time, and never.
inline constexpr auto kMutableReady =
    static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
inline constexpr auto kMutablePlaying = static_cast<GParamFlags>(
    G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);
inline constexpr auto kReadOnly =
    static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

/// A string property whose NULL is an empty string inside.
inline std::string get_text(const GValue* value) {
  const gchar* nullable = g_value_get_string(value);
  return nullable ? nullable : "";
}
inline void set_text(GValue* value, const std::string& text) {
  g_value_set_string(value, text.empty() ? nullptr : text.c_str());
}

/// Pads "sink" and "src" that are always there and take anything.
inline void add_any_pad_templates(GstElementClass* element_class) {
  for (const auto& [name, direction] : {std::pair{"sink", GST_PAD_SINK}, {"src", GST_PAD_SRC}}) {
    gst_element_class_add_pad_template(
        element_class, gst_pad_template_new(name, direction, GST_PAD_ALWAYS, GST_CAPS_ANY));
  }
}

/// Starts an element's work; an Error of it is posted.
template <typename Work>
bool start_or_post(gpointer element, Work& work) {
  return guarded(element, false, [&] {
    const auto started = work.start();
    if (!started) post_error(GST_ELEMENT_CAST(element), started.error());
    return started.ok();
  });
}

}  // namespace gsttorch
