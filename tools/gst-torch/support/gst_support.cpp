// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/support/gst_support.h"

#include <cerrno>
#include <cstring>

#include "lib/gst/util/known_time.h"
#include "tools/gst-torch/support/interrupt.h"

namespace gsttorch {
namespace {

constexpr GstClockTime kPollInterval = 100 * GST_MSECOND;

ErrorCode resource_code(gint code) {
  switch (code) {
    case GST_RESOURCE_ERROR_NO_SPACE_LEFT:  // of a model element: out of memory
      return ErrorCode::DiskFull;
    case GST_RESOURCE_ERROR_OPEN_READ:
    case GST_RESOURCE_ERROR_READ:
      return ErrorCode::Corrupt;
    case GST_RESOURCE_ERROR_NOT_FOUND:  // weights: inputs are opened before they come to a pipeline
      return ErrorCode::LibraryMissing;
    case GST_RESOURCE_ERROR_SETTINGS:  // of a model element: a device, or weights of another model
      return ErrorCode::DeviceUnavailable;
    default:
      return ErrorCode::WriteFailed;
  }
}

ErrorCode stream_code(gint code) {
  switch (code) {
    case GST_STREAM_ERROR_TYPE_NOT_FOUND:
    case GST_STREAM_ERROR_WRONG_TYPE:
    case GST_STREAM_ERROR_DECODE:
    case GST_STREAM_ERROR_DEMUX:
    case GST_STREAM_ERROR_FORMAT:
      return ErrorCode::Corrupt;
    case GST_STREAM_ERROR_CODEC_NOT_FOUND:
      return ErrorCode::LibraryMissing;
    default:
      return ErrorCode::Failed;
  }
}

// The inverse of what elements of ours do with an ErrorCode, and what GStreamer's mean by theirs.
ErrorCode code_of(const GError* error) {
  if (error->domain == GST_RESOURCE_ERROR) return resource_code(error->code);
  if (error->domain == GST_STREAM_ERROR) return stream_code(error->code);
  const bool is_missing = g_error_matches(error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_INIT) ||
                          g_error_matches(error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN);
  return is_missing ? ErrorCode::LibraryMissing : ErrorCode::Failed;
}

// Sinks know a full disk by its own code, but a quota or a limit of the process only by its words.
bool tells_of_a_limit(const gchar* details) {
  return details &&
         (std::strstr(details, g_strerror(EDQUOT)) || std::strstr(details, g_strerror(EFBIG)));
}

Result<void> outcome_of(GstMessage* message) {
  if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR) return {};
  const MessageText said = read_message(message);
  return Error{said.code, said.text};
}

}  // namespace

MessageText read_message(GstMessage* message) {
  g_autoptr(GError) error = nullptr;
  g_autofree gchar* details = nullptr;
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_WARNING) {
    gst_message_parse_warning(message, &error, &details);
  } else {
    gst_message_parse_error(message, &error, &details);
  }
  const bool is_limit = code_of(error) == ErrorCode::WriteFailed && tells_of_a_limit(details);
  return {GST_MESSAGE_SRC_NAME(message), error->message, details ? details : "",
          is_limit ? ErrorCode::DiskFull : code_of(error)};
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

// Of that type, or an error; null after the timeout.
Ref<GstMessage> Pipeline::wait_for(GstMessageType type, GstClockTime timeout) {
  const auto types = static_cast<GstMessageType>(type | GST_MESSAGE_ERROR);
  return Ref<GstMessage>::adopt(gst_bus_timed_pop_filtered(bus().get(), timeout, types));
}

Result<void> Pipeline::preroll(GstClockTime timeout) {
  gst_element_set_state(pipeline_.get(), GST_STATE_PAUSED);  // a failure is on the bus, too
  const auto message = wait_for(GST_MESSAGE_ASYNC_DONE, timeout);
  if (!message) return Error{ErrorCode::Failed, "it took too long"};
  return outcome_of(message.get());
}

Result<void> Pipeline::run_to_end() {
  gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
  return outcome_of(wait_for(GST_MESSAGE_EOS, GST_CLOCK_TIME_NONE).get());
}

Result<void> Pipeline::run_unless_interrupted() {
  gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
  while (Interrupt::signal() == 0) {
    const auto message = wait_for(GST_MESSAGE_EOS, kPollInterval);
    if (message) return outcome_of(message.get());
  }
  return Error{ErrorCode::Cancelled, "interrupted"};
}

std::optional<GstSegment> segment_at(GstPad* pad) {
  const auto event = Ref<GstEvent>::adopt(gst_pad_get_sticky_event(pad, GST_EVENT_SEGMENT, 0));
  if (!event) return std::nullopt;
  const GstSegment* segment = nullptr;
  gst_event_parse_segment(event.get(), &segment);
  return segment->format == GST_FORMAT_TIME ? std::optional(*segment) : std::nullopt;
}

GstClockTimeDiff pts_offset(GstElement* element) {
  const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(element, "sink"));
  const auto segment = segment_at(pad.get());
  if (!segment || !GST_CLOCK_TIME_IS_VALID(segment->time)) return 0;
  return GST_CLOCK_DIFF(segment->time, segment->start);
}

std::optional<std::uint64_t> stream_time_at(GstPad* pad, GstClockTime timestamp) {
  const auto segment = segment_at(pad);
  if (!segment) return std::nullopt;
  return known_time(gst_segment_to_stream_time(&*segment, GST_FORMAT_TIME, timestamp));
}

std::optional<std::int64_t> running_time_at(GstPad* pad, GstClockTime timestamp) {
  const auto segment = segment_at(pad);
  if (!segment || !GST_CLOCK_TIME_IS_VALID(timestamp)) return std::nullopt;
  guint64 time = 0;
  const int sign = gst_segment_to_running_time_full(&*segment, GST_FORMAT_TIME, timestamp, &time);
  if (sign == 0) return std::nullopt;
  return sign * static_cast<std::int64_t>(time);
}

std::string bytes_of(GstSample* sample) {
  GstMapInfo map;
  if (!gst_buffer_map(gst_sample_get_buffer(sample), &map, GST_MAP_READ)) return "";
  std::string bytes(reinterpret_cast<const char*>(map.data), map.size);
  gst_buffer_unmap(gst_sample_get_buffer(sample), &map);
  return bytes;
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

std::optional<std::string> stats_text(GstElement* element, const char* field) {
  GstStructure* stats = nullptr;
  g_object_get(element, "stats", &stats, nullptr);
  const char* found = stats ? gst_structure_get_string(stats, field) : nullptr;
  const auto text = found ? std::optional<std::string>(found) : std::nullopt;
  if (stats) gst_structure_free(stats);
  return text;
}

}  // namespace gsttorch
