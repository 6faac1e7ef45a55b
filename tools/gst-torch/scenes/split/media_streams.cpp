// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/scenes/split/media_streams.h"

#include <deque>
#include <mutex>

#include "tools/gst-torch/support/gst_support.h"

namespace gsttorch {
namespace {

// Filled by the thread that this stream's packets come on.
struct StreamRecord {
  StreamKind kind = StreamKind::Other;
  MediaStream stream;
  std::vector<EncodedPacket> packets;
  bool all_timed = true;
  bool changes_format = false;
  std::string orientation;
};

bool is_same(const GstStructure* one, const GstStructure* other, const char* field) {
  const GValue* first = gst_structure_get_value(one, field);
  const GValue* second = gst_structure_get_value(other, field);
  return !first || !second || gst_value_compare(first, second) == GST_VALUE_EQUAL;
}

// Files have one description of their images. That of H.264 and H.265 also has their parameter
// sets.
bool has_same_format(GstCaps* one, GstCaps* other) {
  const GstStructure* first = gst_caps_get_structure(one, 0);
  const GstStructure* second = gst_caps_get_structure(other, 0);
  return is_same(first, second, "width") && is_same(first, second, "height") &&
         (!gst_structure_has_field(first, "stream-format") || is_same(first, second, "codec_data"));
}

std::int64_t duration_of(GstBuffer* buffer) {
  return GST_BUFFER_DURATION_IS_VALID(buffer)
             ? static_cast<std::int64_t>(GST_BUFFER_DURATION(buffer))
             : 0;
}

class StreamReader {
 public:
  explicit StreamReader(Pipeline& pipeline) : pipeline_(pipeline) {
    g_signal_connect(pipeline.element("streams").get(), "pad-added",
                     G_CALLBACK(+[](GstElement*, GstPad* pad, gpointer reader) {
                       static_cast<StreamReader*>(reader)->take(pad);
                     }),
                     this);
  }

  /// Once the pipeline has stopped.
  std::optional<MediaStreams> streams(const std::string& video_id) const {
    MediaStreams all;
    bool has_video = false;
    for (const StreamRecord& record : records_) {
      if (!record.stream.caps) continue;  // no packet came
      if (record.kind == StreamKind::Audio) all.audio.push_back(record.stream);
      if (record.kind != StreamKind::Video || record.stream.id != video_id) continue;
      has_video = true;
      all.video = record.stream;
      all.packets = record.packets;
      all.all_timed = record.all_timed;
      all.changes_format = record.changes_format;
      all.orientation = record.orientation;
    }
    return has_video ? std::optional(std::move(all)) : std::nullopt;
  }

 private:
  void take(GstPad* pad) {
    GstElement* sink = gst_element_factory_make("fakesink", nullptr);
    g_object_set(sink, "async", FALSE, "sync", FALSE, nullptr);
    gst_bin_add(GST_BIN(pipeline_.get()), sink);
    gst_element_sync_state_with_parent(sink);
    const auto sink_pad = Ref<GstPad>::adopt(gst_element_get_static_pad(sink, "sink"));
    StreamRecord& record = record_of(pad);
    gst_pad_add_probe(sink_pad.get(), GST_PAD_PROBE_TYPE_BUFFER, record_packet, &record, nullptr);
    gst_pad_add_probe(sink_pad.get(), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, record_tag, &record,
                      nullptr);
    gst_pad_link(pad, sink_pad.get());
  }

  StreamRecord& record_of(GstPad* pad) {
    const std::lock_guard lock(mutex_);
    StreamRecord& record = records_.emplace_back();
    record.kind = kind_of(pad);
    record.stream.id = stream_id_of(pad);
    return record;
  }

  static GstPadProbeReturn record_packet(GstPad* pad, GstPadProbeInfo* info, gpointer data) {
    auto& record = *static_cast<StreamRecord*>(data);
    const auto caps = Ref<GstCaps>::adopt(gst_pad_get_current_caps(pad));
    if (!record.stream.caps) record.stream.caps = caps;
    GstBuffer* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
    if (record.kind != StreamKind::Video || is_header(buffer, caps.get())) return GST_PAD_PROBE_OK;
    if (!has_same_format(record.stream.caps.get(), caps.get())) record.changes_format = true;
    const auto time = running_time_at(pad, GST_BUFFER_PTS(buffer));
    const auto decoded = running_time_at(pad, GST_BUFFER_DTS(buffer));
    record.all_timed = record.all_timed && time;
    record.packets.push_back({time.value_or(0),
                              !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT),
                              decoded.value_or(time.value_or(0)), duration_of(buffer)});
    return GST_PAD_PROBE_OK;
  }

  static GstPadProbeReturn record_tag(GstPad*, GstPadProbeInfo* info, gpointer data) {
    GstEvent* event = GST_PAD_PROBE_INFO_EVENT(info);
    if (GST_EVENT_TYPE(event) != GST_EVENT_TAG) return GST_PAD_PROBE_OK;
    GstTagList* tags = nullptr;
    gst_event_parse_tag(event, &tags);
    g_autofree gchar* orientation = nullptr;
    if (gst_tag_list_get_string(tags, GST_TAG_IMAGE_ORIENTATION, &orientation)) {
      static_cast<StreamRecord*>(data)->orientation = orientation;
    }
    return GST_PAD_PROBE_OK;
  }

  Pipeline& pipeline_;
  std::mutex mutex_;
  std::deque<StreamRecord> records_;  // added to under mutex_; never moved: probes point at them
};

}  // namespace

// Some streams begin with packets of codec data, which their caps repeat. Others flag frames with
// that data in them.
bool is_header(GstBuffer* packet, GstCaps* caps) {
  return GST_BUFFER_FLAG_IS_SET(packet, GST_BUFFER_FLAG_HEADER) &&
         gst_structure_has_field(gst_caps_get_structure(caps, 0), "streamheader");
}

StreamKind kind_of(GstPad* pad) {
  const auto stream = Ref<GstStream>::adopt(gst_pad_get_stream(pad));
  if (!stream) return StreamKind::Other;
  const GstStreamType type = gst_stream_get_stream_type(stream.get());
  if (type & GST_STREAM_TYPE_VIDEO) return StreamKind::Video;
  return type & GST_STREAM_TYPE_AUDIO ? StreamKind::Audio : StreamKind::Other;
}

std::string stream_id_of(GstPad* pad) {
  g_autofree gchar* id = gst_pad_get_stream_id(pad);
  return id ? id : "";
}

Result<MediaStreams> read_streams(const std::string& path, const std::string& video_id) {
  auto pipeline = parse_pipeline("filesrc name=source ! parsebin name=streams");
  if (!pipeline) return pipeline.error();
  g_object_set(pipeline->element("source").get(), "location", path.c_str(), nullptr);
  const StreamReader reader(*pipeline);
  const auto done = pipeline->run_unless_interrupted();
  pipeline->stop();  // no probe runs after this
  if (!done) return Error{done.error().code, done.error().message};
  if (auto streams = reader.streams(video_id)) return std::move(*streams);
  return Error{ErrorCode::Corrupt, "it contains no encoded video"};
}

}  // namespace gsttorch
