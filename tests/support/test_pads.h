// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include <gst/gst.h>

#include "lib/gst/util/ref.h"
#include "tests/support/gst_support.h"

namespace gsttorch {

/// An element between two pads through which a test pushes and observes data, with full control
/// over their answers. Downstream records what arrives: "buffer N" (its PTS in frames of 40 ms) and
/// the names of events.
class TestPads {
 public:
  static constexpr GstClockTime kFrame = 40 * GST_MSECOND;

  /// Takes ownership of the element and sets its state.
  explicit TestPads(GstElement* element, GstState state = GST_STATE_PLAYING)
      : element_(Ref<GstElement>::adopt(GST_ELEMENT_CAST(gst_object_ref_sink(element)))),
        bus(element),
        src_(gst_pad_new("src", GST_PAD_SRC)),
        sink_(gst_pad_new("sink", GST_PAD_SINK)) {
    gst_object_ref_sink(src_);
    gst_object_ref_sink(sink_);
    gst_pad_set_element_private(src_, this);
    gst_pad_set_element_private(sink_, this);
    set_up_sink();
    set_up_src();
    gst_pad_set_active(src_, TRUE);
    gst_pad_set_active(sink_, TRUE);
    link(src_, pad("sink").get());
    link(pad("src").get(), sink_);
    gst_element_set_state(element, state);
  }
  ~TestPads() {
    gst_pad_set_active(sink_, FALSE);
    gst_element_set_state(element_.get(), GST_STATE_NULL);
    gst_pad_set_active(src_, FALSE);
    gst_object_unref(src_);
    gst_object_unref(sink_);
  }
  TestPads(const TestPads&) = delete;
  TestPads& operator=(const TestPads&) = delete;

  GstElement* element() const { return element_.get(); }
  GstPad* src() const { return src_; }
  GstPad* sink() const { return sink_; }
  Ref<GstPad> pad(const char* name) const {
    return Ref<GstPad>::adopt(gst_element_get_static_pad(element_.get(), name));
  }

  /// Pushes stream-start, caps and segment.
  void begin(const std::string& caps, double rate = 1) {
    gst_pad_push_event(src_, gst_event_new_stream_start("test"));
    set_caps(caps);
    push_segment(rate);
  }
  bool set_caps(const std::string& text) {
    GstCaps* caps = gst_caps_from_string(text.c_str());
    const bool taken = gst_pad_push_event(src_, gst_event_new_caps(caps));
    gst_caps_unref(caps);
    return taken;
  }
  void push_segment(double rate = 1) {
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    segment.rate = rate;
    gst_pad_push_event(src_, gst_event_new_segment(&segment));
  }
  void flush() {
    gst_pad_push_event(src_, gst_event_new_flush_start());
    gst_pad_push_event(src_, gst_event_new_flush_stop(TRUE));
  }
  bool push_eos() { return gst_pad_push_event(src_, gst_event_new_eos()); }
  GstFlowReturn push(Ref<GstBuffer> buffer) { return gst_pad_push(src_, buffer.release()); }

  /// Waits until `count` items have arrived downstream, for some seconds at most; returns the
  /// items.
  std::vector<std::string> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(20), [&] { return arrived_.size() >= count; });
    return arrived_;
  }
  std::vector<std::string> arrived() {
    const std::lock_guard lock(mutex_);
    return arrived_;
  }
  void forget() {
    const std::lock_guard lock(mutex_);
    arrived_.clear();
    buffers_.clear();
  }
  std::vector<Ref<GstBuffer>> buffers() {
    const std::lock_guard lock(mutex_);
    return buffers_;
  }
  /// Names of the events that arrived upstream.
  std::vector<std::string> upstream_events() {
    const std::lock_guard lock(mutex_);
    return upstream_;
  }

  /// What downstream returns for a buffer; called without a lock.
  std::function<GstFlowReturn()> flow;
  /// Answer the queries of both ends; false: default handling.
  std::function<bool(GstQuery*)> downstream_query, upstream_query;
  bool keep_buffers = true;

  void arrive(const std::string& what) {
    const std::lock_guard lock(mutex_);
    arrived_.push_back(what);
    changed_.notify_all();
  }

 private:
  static TestPads& of(GstPad* pad) {
    return *static_cast<TestPads*>(gst_pad_get_element_private(pad));
  }
  static void link(GstPad* from, GstPad* to) {
    g_assert_cmpint(gst_pad_link_full(from, to, GST_PAD_LINK_CHECK_NOTHING), ==, GST_PAD_LINK_OK);
  }

  void set_up_sink() {
    gst_pad_set_chain_function(sink_, [](GstPad* pad, GstObject*, GstBuffer* given) {
      TestPads& self = of(pad);
      auto buffer = Ref<GstBuffer>::adopt(given);
      const auto number = static_cast<long>(GST_BUFFER_PTS(given) / kFrame);
      if (self.keep_buffers) {
        const std::lock_guard lock(self.mutex_);
        self.buffers_.push_back(std::move(buffer));
      }
      self.arrive("buffer " + std::to_string(number));
      return self.flow ? self.flow() : GST_FLOW_OK;
    });
    gst_pad_set_event_function(sink_, [](GstPad* pad, GstObject*, GstEvent* event) -> gboolean {
      of(pad).arrive(GST_EVENT_TYPE_NAME(event));
      gst_event_unref(event);
      return TRUE;
    });
    gst_pad_set_query_function(sink_, [](GstPad* pad, GstObject* parent, GstQuery* query) {
      auto& answer = of(pad).downstream_query;
      return static_cast<gboolean>((answer && answer(query)) || take_any_caps(query) ||
                                   gst_pad_query_default(pad, parent, query));
    });
  }

  static bool take_any_caps(GstQuery* query) {
    if (GST_QUERY_TYPE(query) == GST_QUERY_ACCEPT_CAPS) {
      gst_query_set_accept_caps_result(query, TRUE);
      return true;
    }
    if (GST_QUERY_TYPE(query) != GST_QUERY_CAPS) return false;
    GstCaps* filter = nullptr;
    gst_query_parse_caps(query, &filter);
    const auto any = Ref<GstCaps>::adopt(filter ? gst_caps_ref(filter) : gst_caps_new_any());
    gst_query_set_caps_result(query, any.get());
    return true;
  }

  void set_up_src() {
    gst_pad_set_event_function(src_, [](GstPad* pad, GstObject*, GstEvent* event) -> gboolean {
      TestPads& self = of(pad);
      {
        const std::lock_guard lock(self.mutex_);
        self.upstream_.push_back(GST_EVENT_TYPE_NAME(event));
      }
      gst_event_unref(event);
      return TRUE;
    });
    gst_pad_set_query_function(src_, [](GstPad* pad, GstObject* parent, GstQuery* query) {
      auto& answer = of(pad).upstream_query;
      return static_cast<gboolean>((answer && answer(query)) ||
                                   gst_pad_query_default(pad, parent, query));
    });
  }

  Ref<GstElement> element_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> arrived_, upstream_;  // guarded by mutex_
  std::vector<Ref<GstBuffer>> buffers_;          // guarded by mutex_

 public:
  ElementBus bus;

 private:
  GstPad* src_;
  GstPad* sink_;
};

}  // namespace gsttorch
