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

constexpr int kMaxDepth = 64;  // of elements that push from their chain functions

/// A push that has not returned, and who works on it. Borrowed: the thread is inside of it.
struct Push {
  GstPad* pad;
  GstObject* element;  // null: a bin's pad
};

/// The pushes that a thread is in, the innermost last. Plain data, for a signal handler.
struct Pushes {
  int depth;
  Push entries[kMaxDepth];
};
thread_local Pushes current{};

GstObject* receiver(GstPad* pad) {
  GstPad* peer = GST_PAD_PEER(pad);
  GstObject* parent = peer ? GST_OBJECT_PARENT(peer) : nullptr;
  return parent && GST_IS_ELEMENT(parent) ? parent : nullptr;
}

void before_push(GObject*, GstClockTime, GstPad* pad) {
  pushes++;
  if (current.depth < kMaxDepth) current.entries[current.depth++] = {pad, receiver(pad)};
}

// Beyond the maximum depth, a push has no entry.
void after_push(GObject*, GstClockTime, GstPad* pad) {
  for (int depth = current.depth; depth > 0; depth--) {
    if (current.entries[depth - 1].pad != pad) continue;
    current.depth = depth - 1;
    return;
  }
}

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
  for (int depth = current.depth; depth > 0; depth--) {
    GstObject* element = current.entries[depth - 1].element;
    GstElementFactory* factory = element ? gst_element_get_factory(GST_ELEMENT(element)) : nullptr;
    if (factory) return GST_OBJECT_NAME(factory);
  }
  return "";
}

}  // namespace gsttorch
