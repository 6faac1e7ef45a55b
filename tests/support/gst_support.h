// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include "lib/gst/gsttorchflowmeta.h"
#include "lib/gst/util/ref.h"
#include "tests/support/parse.h"

namespace gsttorch {

/// Receives the messages of one element outside of a pipeline.
class ElementBus {
 public:
  explicit ElementBus(GstElement* element) : bus_(Ref<GstBus>::adopt(gst_bus_new())) {
    gst_element_set_bus(element, bus_.get());
  }

  // Messages reference objects: the element must not release them together with its bus.
  ~ElementBus() { gst_bus_set_flushing(bus_.get(), TRUE); }
  ElementBus(const ElementBus&) = delete;
  ElementBus& operator=(const ElementBus&) = delete;

  /// Texts of the messages of a type ("domain/code: text"), oldest first; all others are dropped.
  std::vector<std::string> take(GstMessageType type) {
    std::vector<std::string> texts;
    while (GstMessage* message = gst_bus_pop(bus_.get())) {
      if (GST_MESSAGE_TYPE(message) == type) texts.push_back(to_text(message));
      gst_message_unref(message);
    }
    return texts;
  }

  /// Waits for a message of that type, for some seconds at most.
  std::string wait_for(GstMessageType type) {
    GstMessage* message = gst_bus_timed_pop_filtered(bus_.get(), 20 * GST_SECOND, type);
    if (!message) return "no message";
    const std::string text = to_text(message);
    gst_message_unref(message);
    return text;
  }

  /// The first message of that type, or null; drops those before it.
  Ref<GstMessage> pop(GstMessageType type) {
    return Ref<GstMessage>::adopt(gst_bus_pop_filtered(bus_.get(), type));
  }

 private:
  static std::string to_text(GstMessage* message) {
    GError* error = nullptr;
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
      gst_message_parse_error(message, &error, nullptr);
    } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_WARNING) {
      gst_message_parse_warning(message, &error, nullptr);
    } else {
      return GST_MESSAGE_TYPE_NAME(message);
    }
    const std::string text = std::string(g_quark_to_string(error->domain)) + "/" +
                             std::to_string(error->code) + ": " + error->message;
    g_error_free(error);
    return text;
  }

  Ref<GstBus> bus_;
};

/// The prefix that ElementBus writes for a domain and code.
inline std::string error_prefix(GQuark domain, gint code) {
  return std::string(g_quark_to_string(domain)) + "/" + std::to_string(code) + ": ";
}

/// A playing element between two pads of the test.
class Harness {
 public:
  /// Takes ownership of the element.
  explicit Harness(GstElement* element) : element_(Ref<GstElement>::adopt(element)), bus(element) {
    harness_ = gst_harness_new_with_element(element, "sink", "src");
    gst_harness_set_live(harness_, FALSE);  // frames wait for their results
  }
  explicit Harness(const std::string& launch_line) : Harness(parse_bin(launch_line)) {}
  ~Harness() { gst_harness_teardown(harness_); }
  Harness(const Harness&) = delete;
  Harness& operator=(const Harness&) = delete;

  GstHarness* get() const { return harness_; }
  GstElement* element() const { return element_.get(); }

  void set_caps(const std::string& caps) { gst_harness_set_src_caps_str(harness_, caps.c_str()); }
  /// Sets upstream's answer to LATENCY queries: a GstHarness is live by default.
  void set_live(bool live) { gst_harness_set_live(harness_, live); }
  GstFlowReturn push(Ref<GstBuffer> buffer) { return gst_harness_push(harness_, buffer.release()); }
  /// Waits for a buffer.
  Ref<GstBuffer> pull() { return Ref<GstBuffer>::adopt(gst_harness_pull(harness_)); }
  Ref<GstBuffer> push_and_pull(Ref<GstBuffer> buffer) {
    return push(std::move(buffer)) == GST_FLOW_OK ? pull() : Ref<GstBuffer>();
  }
  bool push_event(GstEvent* event) { return gst_harness_push_event(harness_, event); }

 private:
  Ref<GstElement> element_;
  GstHarness* harness_;

 public:
  ElementBus bus;
};

/// A buffer of `size` bytes with one value.
inline Ref<GstBuffer> make_buffer(gsize size, guint8 value = 0) {
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, size, nullptr);
  gst_buffer_memset(buffer, 0, value, size);
  return Ref<GstBuffer>::adopt(buffer);
}

template <typename T>
Ref<GstBuffer> make_array(const std::vector<T>& values) {
  auto buffer = make_buffer(values.size() * sizeof(T));
  gst_buffer_fill(buffer.get(), 0, values.data(), values.size() * sizeof(T));
  return buffer;
}

inline std::vector<guint8> bytes_of(GstBuffer* buffer) {
  std::vector<guint8> bytes(gst_buffer_get_size(buffer));
  gst_buffer_extract(buffer, 0, bytes.data(), bytes.size());
  return bytes;
}

/// A flow with the same vector everywhere, with the layout of an element's.
inline Ref<GstBuffer> constant_flow(guint width, guint height, float x, float y) {
  std::vector<float> vectors;
  for (guint i = 0; i < width * height; i++) {
    vectors.push_back(x);
    vectors.push_back(y);
  }
  return make_array(vectors);
}

inline GstTorchFlow describe_flow(guint width, guint height, GstBuffer* flow) {
  GstTorchFlow description{};
  description.width = description.grid_width = width;
  description.height = description.grid_height = height;
  description.reference_pts = 0;
  description.dt = 40 * GST_MSECOND;
  description.iterations = 12;
  description.mean_magnitude = 1.5;
  description.max_magnitude = 2.5;
  description.mean_x = 1;
  description.mean_y = -0.5;
  description.source = "raftflow0";
  description.model = "raft-small";
  description.flow = flow;
  return description;
}

/// An integer field of an element's `stats`, 32 or 64 bits; it must exist.
inline guint64 stat(GstElement* element, const char* field) {
  GstStructure* stats = nullptr;
  g_object_get(element, "stats", &stats, nullptr);
  guint64 wide = 0;
  guint narrow = 0;
  const bool is_narrow = gst_structure_get_uint(stats, field, &narrow);
  EXPECT_TRUE(is_narrow || gst_structure_get_uint64(stats, field, &wide)) << field;
  gst_structure_free(stats);
  return is_narrow ? narrow : wide;
}

/// A string field of an element's `stats`; it must exist.
inline std::string stat_text(GstElement* element, const char* field) {
  GstStructure* stats = nullptr;
  g_object_get(element, "stats", &stats, nullptr);
  const gchar* text = gst_structure_get_string(stats, field);
  EXPECT_NE(text, nullptr) << field;
  const std::string value = text ? text : "";
  gst_structure_free(stats);
  return value;
}

}  // namespace gsttorch
