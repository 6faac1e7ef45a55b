// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <gst/gst.h>

#include "lib/gst/util/ref.h"

namespace gsttorch {

/// A structure, with accessors for its fields.
class Record {
 public:
  explicit Record(GstStructure* structure) : structure_(structure) {}
  Record(Record&& other) noexcept : structure_(std::exchange(other.structure_, nullptr)) {}
  Record& operator=(Record&& other) noexcept {
    std::swap(structure_, other.structure_);
    return *this;
  }
  ~Record() {
    if (structure_) gst_structure_free(structure_);
  }

  explicit operator bool() const { return structure_ != nullptr; }
  bool has(const char* field) const {
    return structure_ && gst_structure_has_field(structure_, field);
  }
  guint64 number(const char* field) const {
    guint64 value = 0;
    EXPECT_TRUE(gst_structure_get_uint64(structure_, field, &value)) << field;
    return value;
  }
  double real(const char* field) const {
    double value = 0;
    EXPECT_TRUE(gst_structure_get_double(structure_, field, &value)) << field;
    return value;
  }
  std::string text(const char* field) const {
    const char* value = structure_ ? gst_structure_get_string(structure_, field) : nullptr;
    return value ? value : "";
  }
  Record inner(const char* field) const {
    const GValue* value = has(field) ? gst_structure_get_value(structure_, field) : nullptr;
    return Record(value ? gst_structure_copy(gst_value_get_structure(value)) : nullptr);
  }
  // The entry of a list with this "name"; if `name` is null, the first one.
  Record entry(const char* list, const char* name) const {
    const GValue* values = has(list) ? gst_structure_get_value(structure_, list) : nullptr;
    for (guint i = 0; values && i < gst_value_list_get_size(values); i++) {
      Record one(gst_structure_copy(gst_value_get_structure(gst_value_list_get_value(values, i))));
      if (!name || one.text("name") == name) return one;
    }
    return Record(nullptr);
  }

 private:
  GstStructure* structure_;
};

inline Record stats_of(GstElement* meter) {
  GstStructure* stats = nullptr;
  g_object_get(meter, "stats", &stats, nullptr);
  return Record(stats);
}

inline Ref<GstElement> parse(const std::string& launch_line) {
  GError* failure = nullptr;
  GstElement* parsed = gst_parse_launch(launch_line.c_str(), &failure);
  EXPECT_EQ(failure, nullptr) << launch_line;
  return Ref<GstElement>::adopt(GST_ELEMENT(gst_object_ref_sink(parsed)));
}

/// Returns the meter's first message with this reason and drops those before it.
inline Record wait_for(GstElement* pipeline, const std::string& reason) {
  const auto bus = Ref<GstBus>::adopt(gst_element_get_bus(pipeline));
  const auto types =
      static_cast<GstMessageType>(GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  while (true) {
    const auto message =
        Ref<GstMessage>::adopt(gst_bus_timed_pop_filtered(bus.get(), 20 * GST_SECOND, types));
    if (!message || GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ERROR) return Record(nullptr);
    if (!gst_message_has_name(message.get(), "perfmeter")) continue;
    Record record(gst_structure_copy(gst_message_get_structure(message.get())));
    if (record.text("reason") == reason) return record;
  }
}

/// The meter's last message, at the end of the stream.
inline Record last_of(const std::string& launch_line) {
  const auto pipeline = parse(launch_line);
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  Record record = wait_for(pipeline.get(), "eos");
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  EXPECT_TRUE(record) << launch_line;
  return record;
}

}  // namespace gsttorch
