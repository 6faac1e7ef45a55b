// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
//
// A decoder that fails as its file says: "GST-UNRELIABLE FRAMES ENDING", where ENDING is
//   eos    the stream ends
//   abort  abort()
//   fault  a segmentation fault
//   stall  the streaming thread, then named "stalled", never returns, whatever happens
// after FRAMES frames of 64x48 at 25 frames per second. While the file is probed, the stream ends,
// unless FRAMES is 0.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <sys/prctl.h>

#include <gst/gst.h>

namespace {

constexpr char kMediaType[] = "video/x-gst-unreliable", kMagic[] = "GST-UNRELIABLE ";
constexpr int kWidth = 64, kHeight = 48;
constexpr gsize kBytes = gsize{kWidth} * kHeight;

struct UnreliableDec {
  GstElement parent;
  GstPad* source;
};
struct UnreliableDecClass {
  GstElementClass parent_class;
};
G_DEFINE_TYPE(UnreliableDec, unreliable_dec, GST_TYPE_ELEMENT)

GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE(
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS("video/x-gst-unreliable"));
GstStaticPadTemplate source_template = GST_STATIC_PAD_TEMPLATE(
    "src", GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS("video/x-raw,format=GRAY8,width=64,height=48,framerate=25/1"));

// A gradient that moves.
GstBuffer* make_frame(guint number) {
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, kBytes, nullptr);
  GstMapInfo map;
  gst_buffer_map(buffer, &map, GST_MAP_WRITE);
  for (gsize i = 0; i < kBytes; i++) {
    map.data[i] = static_cast<guint8>(4 * (i % kWidth) + 8 * number);
  }
  gst_buffer_unmap(buffer, &map);
  GST_BUFFER_PTS(buffer) = number * GST_SECOND / 25;
  GST_BUFFER_DURATION(buffer) = GST_SECOND / 25;
  return buffer;
}

void start_stream(GstPad* source) {
  gst_pad_push_event(source, gst_event_new_stream_start("unreliable"));
  GstCaps* caps = gst_pad_get_pad_template_caps(source);
  gst_pad_push_event(source, gst_event_new_caps(caps));
  gst_caps_unref(caps);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_pad_push_event(source, gst_event_new_segment(&segment));
}

// GstDiscoverer has a uridecodebin.
bool is_probed(UnreliableDec* self) {
  GstObject* ancestor = gst_object_get_parent(GST_OBJECT(self));
  bool found = false;
  while (ancestor) {
    found |= g_str_has_prefix(G_OBJECT_TYPE_NAME(ancestor), "GstURIDecodeBin");
    GstObject* parent = gst_object_get_parent(ancestor);
    gst_object_unref(ancestor);
    ancestor = parent;
  }
  return found;
}

void end_as(const char* ending) {
  if (std::strcmp(ending, "abort") == 0) std::abort();
  if (std::strcmp(ending, "fault") == 0) std::raise(SIGSEGV);
  if (std::strcmp(ending, "stall") != 0) return;
  prctl(PR_SET_NAME, "stalled");
  while (true) g_usleep(G_USEC_PER_SEC);
}

void decode(UnreliableDec* self, const char* text) {
  guint frames = 0;
  char ending[16] = "";
  if (std::sscanf(text, "GST-UNRELIABLE %u %15s", &frames, ending) != 2) return;
  start_stream(self->source);
  for (guint i = 0; i < frames; i++) {
    if (gst_pad_push(self->source, make_frame(i)) != GST_FLOW_OK) return;
  }
  if (frames == 0 || !is_probed(self)) end_as(ending);
}

GstFlowReturn chain(GstPad*, GstObject* parent, GstBuffer* buffer) {
  char text[64] = "";
  gst_buffer_extract(buffer, 0, text, sizeof text - 1);
  gst_buffer_unref(buffer);
  decode(reinterpret_cast<UnreliableDec*>(parent), text);
  return GST_FLOW_OK;
}

gboolean handle_event(GstPad* pad, GstObject* parent, GstEvent* event) {
  const bool is_of_bytes = GST_EVENT_TYPE(event) == GST_EVENT_STREAM_START ||
                           GST_EVENT_TYPE(event) == GST_EVENT_CAPS ||
                           GST_EVENT_TYPE(event) == GST_EVENT_SEGMENT;
  if (!is_of_bytes) return gst_pad_event_default(pad, parent, event);
  gst_event_unref(event);
  return TRUE;
}

void unreliable_dec_class_init(UnreliableDecClass* klass) {
  auto* element_class = GST_ELEMENT_CLASS(klass);
  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_add_static_pad_template(element_class, &source_template);
  gst_element_class_set_static_metadata(element_class, "Unreliable decoder", "Codec/Decoder/Video",
                                        "Fails as its file says", "The gst-plugins-torch authors");
}

void unreliable_dec_init(UnreliableDec* self) {
  GstPad* sink = gst_pad_new_from_static_template(&sink_template, "sink");
  gst_pad_set_chain_function(sink, chain);
  gst_pad_set_event_function(sink, handle_event);
  gst_element_add_pad(GST_ELEMENT(self), sink);
  self->source = gst_pad_new_from_static_template(&source_template, "src");
  gst_element_add_pad(GST_ELEMENT(self), self->source);
}

void find_type(GstTypeFind* find, gpointer) {
  constexpr guint kLength = sizeof kMagic - 1;
  const guint8* data = gst_type_find_peek(find, 0, kLength);
  if (!data || std::memcmp(data, kMagic, kLength) != 0) return;
  gst_type_find_suggest_empty_simple(find, GST_TYPE_FIND_MAXIMUM, kMediaType);
}

gboolean plugin_init(GstPlugin* plugin) {
  GstCaps* caps = gst_caps_new_empty_simple(kMediaType);
  const gboolean has_type = gst_type_find_register(plugin, kMediaType, GST_RANK_PRIMARY + 100,
                                                   find_type, nullptr, caps, nullptr, nullptr);
  gst_caps_unref(caps);
  return has_type &&
         gst_element_register(plugin, "unreliabledec", GST_RANK_PRIMARY, unreliable_dec_get_type());
}

}  // namespace

#define PACKAGE "gst-plugins-torch-tests"
extern "C" {
GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, unreliable,
                  "A decoder that fails on command, for tests", plugin_init, "0", "LGPL", PACKAGE,
                  "https://example.invalid")
}
