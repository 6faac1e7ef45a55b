// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <functional>
#include <string>

#include <gst/gst.h>

#include "lib/gst/util/ref.h"

namespace gsttorch {

/// Calls `visit` with that pad of each element that the factory created.
inline void for_each_pad(GstElement* bin, const char* factory, const char* pad_name,
                         const std::function<void(GstPad*)>& visit) {
  GstIterator* elements = gst_bin_iterate_all_by_element_factory_name(GST_BIN(bin), factory);
  GValue item = G_VALUE_INIT;
  while (gst_iterator_next(elements, &item) == GST_ITERATOR_OK) {
    auto* element = static_cast<GstElement*>(g_value_get_object(&item));
    const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(element, pad_name));
    visit(pad.get());
    g_value_reset(&item);
  }
  g_value_unset(&item);
  gst_iterator_free(elements);
}

/// Calls `prepare` with a pipeline and runs it to its end. Returns "eos" or the text of the first
/// error.
inline std::string run_pipeline(const std::string& launch_line,
                                const std::function<void(GstElement*)>& prepare = {}) {
  GError* failure = nullptr;
  GstElement* parsed = gst_parse_launch(launch_line.c_str(), &failure);
  if (failure) {
    const std::string text = failure->message;
    g_error_free(failure);
    if (parsed) gst_object_unref(parsed);
    return text;
  }
  const auto pipeline = Ref<GstElement>::adopt(GST_ELEMENT(gst_object_ref_sink(parsed)));
  if (prepare) prepare(parsed);
  const auto bus = Ref<GstBus>::adopt(gst_element_get_bus(parsed));
  gst_element_set_state(parsed, GST_STATE_PLAYING);
  GstMessage* message = gst_bus_timed_pop_filtered(
      bus.get(), 60 * GST_SECOND, static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
  std::string end = "it did not end";
  if (message && GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) end = "eos";
  if (message && GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error(message, &failure, nullptr);
    end = failure->message;
    g_error_free(failure);
  }
  if (message) gst_message_unref(message);
  gst_element_set_state(parsed, GST_STATE_NULL);
  return end;
}

}  // namespace gsttorch
