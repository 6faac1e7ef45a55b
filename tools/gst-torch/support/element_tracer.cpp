// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/support/element_tracer.h"

#include <atomic>

#define GST_USE_UNSTABLE_API  // of tracers
#include <gst/gst.h>
#include <gst/gsttracer.h>

namespace gsttorch {
namespace {

std::atomic<std::uint64_t> pushes{0};

// What this thread last passed a buffer or an event to, for as long as that works on it; then what
// it came from. Borrowed: the thread is inside it.
thread_local GstObject* current_element = nullptr;

void enter(GstObject* element) {
  if (element && GST_IS_ELEMENT(element)) current_element = element;  // not a ghost pad
}

void before_push(GObject*, GstClockTime, GstPad* pad) {
  pushes++;
  GstPad* peer = GST_PAD_PEER(pad);
  if (peer) enter(GST_OBJECT_PARENT(peer));
}

void after_push(GObject*, GstClockTime, GstPad* pad) { enter(GST_OBJECT_PARENT(pad)); }

// Hooks belong to a tracer; the registered ones are set by GST_TRACERS alone.
struct ElementTracer {
  GstTracer parent;
};
struct ElementTracerClass {
  GstTracerClass parent_class;
};
G_DEFINE_TYPE(ElementTracer, element_tracer, GST_TYPE_TRACER)
void element_tracer_class_init(ElementTracerClass*) {}
void element_tracer_init(ElementTracer*) {}

void register_hooks() {
  auto* tracer = GST_TRACER(g_object_new(element_tracer_get_type(), nullptr));
  for (const char* hook : {"pad-push-pre", "pad-push-list-pre", "pad-push-event-pre"}) {
    gst_tracing_register_hook(tracer, hook, G_CALLBACK(before_push));
  }
  for (const char* hook : {"pad-push-post", "pad-push-list-post", "pad-push-event-post"}) {
    gst_tracing_register_hook(tracer, hook, G_CALLBACK(after_push));
  }
}

}  // namespace

void trace_elements() {
  static const bool is_done = (register_hooks(), true);
  static_cast<void>(is_done);
}

std::uint64_t traced_pushes() { return pushes; }

const char* traced_element() {
  if (!current_element) return "";
  GstElementFactory* factory = gst_element_get_factory(GST_ELEMENT(current_element));
  return factory ? GST_OBJECT_NAME(factory) : "";
}

}  // namespace gsttorch
