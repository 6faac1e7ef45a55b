// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <exception>
#include <utility>

#include <gst/gst.h>

#include "lib/base/result.h"

namespace gsttorch {

/// Posts a failure as one GST_ELEMENT_ERROR: the short text names the failure, the debug text
/// repeats it in full. Cancelled is not a failure and posts nothing.
void post_error(GstElement* element, const Error& error);

/// The same as a warning: the stream continues.
void post_warning(GstElement* element, const Error& error);

/// Posts the text of the exception being handled. Call it only in a catch block.
void post_current_exception(GstElement* element) noexcept;

/// Runs the body of a GStreamer virtual function. An exception that leaves such a function would
/// terminate the host application, so every exception is posted as one error message and
/// `on_failure` is returned.
template <typename R, typename Fn>
R guarded(gpointer element, R on_failure, Fn&& body) noexcept {
  try {
    return std::forward<Fn>(body)();
  } catch (...) {
    post_current_exception(GST_ELEMENT_CAST(element));
    return on_failure;
  }
}

/// Installs a class's property functions, wrapped in guarded().
template <auto kSetProperty, auto kGetProperty>
void guard_properties(GObjectClass* object_class) {
  object_class->set_property = [](GObject* o, guint id, const GValue* value, GParamSpec* spec) {
    guarded(o, 0, [&] { return kSetProperty(o, id, value, spec), 0; });
  };
  object_class->get_property = [](GObject* o, guint id, GValue* value, GParamSpec* spec) {
    guarded(o, 0, [&] { return kGetProperty(o, id, value, spec), 0; });
  };
}

}  // namespace gsttorch
