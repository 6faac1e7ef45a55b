// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <fstream>
#include <mutex>
#include <string>
#include <vector>

#include <gst/gst.h>

namespace gsttorch {

/// Images of an artificial format, whose decoder waits until the test lets it continue, as if the
/// disk were slow. One instance per process.
class SlowImages {
 public:
  static constexpr int kWidth = 160, kHeight = 128;

  static SlowImages& instance() {
    static SlowImages images;
    return images;
  }

  /// Writes an image file. From now on, decoders wait.
  void write(const std::string& path) {
    register_format();
    {
      const std::lock_guard lock(mutex_);
      is_open_ = false;
      begun_ = 0;
    }
    std::ofstream file(path, std::ios::binary);
    file << kMagic << std::string(4096, 'x');
  }
  /// Lets all decoders continue.
  void release() {
    const std::lock_guard lock(mutex_);
    is_open_ = true;
    changed_.notify_all();
  }
  /// Waits until `count` decoders have started; returns false after some seconds.
  bool wait_until_begun(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return begun_ >= count; });
  }

 private:
  static constexpr char kMagic[] = "SLOWIMAGE";

  struct Decoder {
    GstElement parent;
    GstPad *sink, *src;
    bool is_stopped;  // guarded by mutex_
  };

  static void register_format() {
    static const bool once = [] {
      GstCaps* caps = gst_caps_new_empty_simple("image/x-slow-image");
      gst_type_find_register(
          nullptr, "slowimage", GST_RANK_PRIMARY,
          [](GstTypeFind* find, gpointer type) {
            const guint8* data = gst_type_find_peek(find, 0, sizeof kMagic - 1);
            if (data && std::memcmp(data, kMagic, sizeof kMagic - 1) == 0) {
              gst_type_find_suggest(find, GST_TYPE_FIND_MAXIMUM, static_cast<GstCaps*>(type));
            }
          },
          nullptr, caps, caps, nullptr);
      return gst_element_register(nullptr, "slowimagedec", GST_RANK_PRIMARY, type()) != FALSE;
    }();
    (void)once;
  }

  static GType type() {
    static const GType type = [] {
      GTypeInfo info = {};
      info.class_size = sizeof(GstElementClass);
      info.class_init = class_init;
      info.instance_size = sizeof(Decoder);
      info.instance_init = init;
      return g_type_register_static(GST_TYPE_ELEMENT, "SlowImageDecoder", &info,
                                    static_cast<GTypeFlags>(0));
    }();
    return type;
  }

  static void class_init(gpointer g_class, gpointer) {
    auto* element_class = static_cast<GstElementClass*>(g_class);
    gst_element_class_set_static_metadata(element_class, "Slow image", "Decoder/Image", "Waits",
                                          "test");
    const auto add = [element_class](const char* name, GstPadDirection way, const char* text) {
      GstCaps* caps = gst_caps_from_string(text);
      gst_element_class_add_pad_template(element_class,
                                         gst_pad_template_new(name, way, GST_PAD_ALWAYS, caps));
      gst_caps_unref(caps);
    };
    add("sink", GST_PAD_SINK, "image/x-slow-image");
    add("src", GST_PAD_SRC, "video/x-raw,format=GRAY8");
    element_class->change_state = [](GstElement* element, GstStateChange change) {
      auto& shared = instance();
      {
        const std::lock_guard lock(shared.mutex_);
        reinterpret_cast<Decoder*>(element)->is_stopped =
            change == GST_STATE_CHANGE_PAUSED_TO_READY;
        shared.changed_.notify_all();
      }
      auto* parent = GST_ELEMENT_CLASS(g_type_class_peek(GST_TYPE_ELEMENT));
      return parent->change_state(element, change);
    };
  }

  static void init(GTypeInstance* instance, gpointer g_class) {
    auto* self = reinterpret_cast<Decoder*>(instance);
    const auto add = [&](const char* name) {
      GstPad* pad = gst_pad_new_from_template(
          gst_element_class_get_pad_template(static_cast<GstElementClass*>(g_class), name), name);
      gst_element_add_pad(&self->parent, pad);
      return pad;
    };
    self->sink = add("sink");
    self->src = add("src");
    gst_pad_use_fixed_caps(self->src);
    gst_pad_set_chain_function(self->sink, [](GstPad*, GstObject* parent, GstBuffer* buffer) {
      gst_buffer_unref(buffer);
      return SlowImages::instance().decode(reinterpret_cast<Decoder*>(parent));
    });
    gst_pad_set_event_function(
        self->sink, [](GstPad* pad, GstObject* parent, GstEvent* event) -> gboolean {
          // Drops the file's own events; the image has its own.
          if (GST_EVENT_TYPE(event) != GST_EVENT_CAPS && GST_EVENT_TYPE(event) != GST_EVENT_SEGMENT)
            return gst_pad_event_default(pad, parent, event);
          gst_event_unref(event);
          return TRUE;
        });
  }

  GstFlowReturn decode(Decoder* decoder) {
    {
      std::unique_lock lock(mutex_);
      begun_++;
      changed_.notify_all();
      changed_.wait(lock, [&] { return is_open_ || decoder->is_stopped; });
      if (decoder->is_stopped) return GST_FLOW_FLUSHING;
    }
    GstCaps* caps = gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, "GRAY8", "width",
                                        G_TYPE_INT, kWidth, "height", G_TYPE_INT, kHeight,
                                        "framerate", GST_TYPE_FRACTION, 0, 1, nullptr);
    gst_pad_push_event(decoder->src, gst_event_new_caps(caps));
    gst_caps_unref(caps);
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_push_event(decoder->src, gst_event_new_segment(&segment));
    GstBuffer* image = gst_buffer_new_allocate(nullptr, kWidth * kHeight, nullptr);
    gst_buffer_memset(image, 0, 0x60, kWidth * kHeight);
    GST_BUFFER_PTS(image) = 0;
    const GstFlowReturn flow = gst_pad_push(decoder->src, image);
    return flow == GST_FLOW_OK ? GST_FLOW_EOS : flow;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_open_ = true;
  int begun_ = 0;
};

}  // namespace gsttorch
