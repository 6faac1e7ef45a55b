// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <stdexcept>
#include <string>

#include <gst/gst.h>

#include "lib/gst/util/ref.h"

namespace gsttorch {

/// On errors, such as an unknown property, gst_parse_* also return the part that they could build:
/// a test that ignores the error tests another pipeline. Here, every error throws.
inline GstElement* checked(GstElement* parsed, GError* error, const std::string& line) {
  if (!error) return parsed;
  const std::string text = line + ": " + error->message;
  g_error_free(error);
  if (parsed) gst_object_unref(gst_object_ref_sink(parsed));
  throw std::runtime_error(text);
}

/// A bin whose unlinked pads are ghosted; a floating reference.
inline GstElement* parse_bin(const std::string& line) {
  GError* error = nullptr;
  GstElement* bin = gst_parse_bin_from_description(line.c_str(), TRUE, &error);
  return checked(bin, error, line);
}

inline Ref<GstElement> parse_launch(const std::string& line) {
  GError* error = nullptr;
  GstElement* pipeline = gst_parse_launch(line.c_str(), &error);
  return Ref<GstElement>::adopt(GST_ELEMENT(gst_object_ref_sink(checked(pipeline, error, line))));
}

}  // namespace gsttorch
