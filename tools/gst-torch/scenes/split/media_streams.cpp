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
};

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
    gst_pad_add_probe(sink_pad.get(), GST_PAD_PROBE_TYPE_BUFFER, record_packet, &record_of(pad),
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
    if (!record.stream.caps) {
      record.stream.caps = Ref<GstCaps>::adopt(gst_pad_get_current_caps(pad));
    }
    GstBuffer* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
    if (record.kind != StreamKind::Video || GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_HEADER))
      return GST_PAD_PROBE_OK;
    const auto time = running_time_at(pad, GST_BUFFER_PTS(buffer));
    record.all_timed = record.all_timed && time;
    record.packets.push_back(
        {time.value_or(0), !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT)});
    return GST_PAD_PROBE_OK;
  }

  Pipeline& pipeline_;
  std::mutex mutex_;
  std::deque<StreamRecord> records_;  // added to under mutex_; never moved: probes point at them
};

}  // namespace

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
