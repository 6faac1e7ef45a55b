// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/gst_support.h"

namespace gsttorch {

MessageText read_message(GstMessage* message) {
  g_autoptr(GError) error = nullptr;
  g_autofree gchar* details = nullptr;
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_WARNING) {
    gst_message_parse_warning(message, &error, &details);
  } else {
    gst_message_parse_error(message, &error, &details);
  }
  return {GST_MESSAGE_SRC_NAME(message), error->message, details ? details : ""};
}

Pipeline::~Pipeline() {
  if (pipeline_) stop();
}

void Pipeline::stop() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }

Ref<GstElement> Pipeline::element(const char* name) const {
  return Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline_.get()), name));
}

Ref<GstElement> Pipeline::made_by(const char* factory) const {
  GstIterator* found =
      gst_bin_iterate_all_by_element_factory_name(GST_BIN(pipeline_.get()), factory);
  GValue value = G_VALUE_INIT;
  Ref<GstElement> element;
  if (gst_iterator_next(found, &value) == GST_ITERATOR_OK) {
    element = Ref<GstElement>::share(GST_ELEMENT(g_value_get_object(&value)));
    g_value_unset(&value);
  }
  gst_iterator_free(found);
  return element;
}

Ref<GstBus> Pipeline::bus() const {
  return Ref<GstBus>::adopt(gst_element_get_bus(pipeline_.get()));
}

Result<void> Pipeline::wait_for(GstMessageType type, GstClockTime timeout) {
  const auto types = static_cast<GstMessageType>(type | GST_MESSAGE_ERROR);
  const auto message =
      Ref<GstMessage>::adopt(gst_bus_timed_pop_filtered(bus().get(), timeout, types));
  if (!message) return Error{ErrorCode::Failed, "it took too long"};
  if (GST_MESSAGE_TYPE(message.get()) != GST_MESSAGE_ERROR) return {};
  return Error{ErrorCode::Failed, read_message(message.get()).text};
}

Result<void> Pipeline::preroll(GstClockTime timeout) {
  gst_element_set_state(pipeline_.get(), GST_STATE_PAUSED);  // a failure is on the bus, too
  return wait_for(GST_MESSAGE_ASYNC_DONE, timeout);
}

Result<void> Pipeline::run_to_end() {
  gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
  return wait_for(GST_MESSAGE_EOS, GST_CLOCK_TIME_NONE);
}

GstClockTimeDiff pts_offset(GstElement* element) {
  const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(element, "sink"));
  const auto event =
      Ref<GstEvent>::adopt(gst_pad_get_sticky_event(pad.get(), GST_EVENT_SEGMENT, 0));
  if (!event) return 0;
  const GstSegment* segment = nullptr;
  gst_event_parse_segment(event.get(), &segment);
  if (segment->format != GST_FORMAT_TIME || !GST_CLOCK_TIME_IS_VALID(segment->time)) return 0;
  return GST_CLOCK_DIFF(segment->time, segment->start);
}

Result<Pipeline> parse_pipeline(const std::string& text) {
  g_autoptr(GError) error = nullptr;
  auto element = Ref<GstElement>::adopt(
      gst_parse_launch_full(text.c_str(), nullptr, GST_PARSE_FLAG_FATAL_ERRORS, &error));
  if (!element) return Error{ErrorCode::LibraryMissing, error->message};
  // Floating, as everything that was just made: this becomes the first reference.
  gst_object_ref_sink(element.get());
  return Pipeline(std::move(element));
}

bool has_element(const char* factory) {
  return static_cast<bool>(Ref<GstElementFactory>::adopt(gst_element_factory_find(factory)));
}

}  // namespace gsttorch
