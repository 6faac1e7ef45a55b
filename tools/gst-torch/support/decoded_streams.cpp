// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/support/decoded_streams.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <deque>
#include <map>
#include <mutex>

#include <gst/pbutils/pbutils.h>

#include "lib/gst/util/segment_time.h"
#include "tools/gst-torch/support/gst_support.h"

namespace gsttorch {
namespace {

constexpr GstClockTime kTimeouts[] = {2 * GST_SECOND, 8 * GST_SECOND, 50 * GST_SECOND};

class StreamsReader;

// Filled by the thread that the stream's frames come on.
struct VideoRecord {
  StreamsReader* reader = nullptr;
  DecodedVideo video;
  GstSegment segment{};
  GstClockTime file_end = GST_CLOCK_TIME_NONE;   // as the demuxer answers a query
  GstClockTime track_end = GST_CLOCK_TIME_NONE;  // as the track's own tags say
};

std::string media_type(const GstCaps* caps) {
  return gst_structure_get_name(gst_caps_get_structure(caps, 0));
}

std::string stream_id(GstPad* pad) {
  g_autofree gchar* id = gst_pad_get_stream_id(pad);
  return id ? id : "";
}

bool is_video(GstPad* pad) {
  const auto caps = Ref<GstCaps>::adopt(gst_pad_query_caps(pad, nullptr));
  return !gst_caps_is_empty(caps.get()) && media_type(caps.get()) == "video/x-raw";
}

GstClockTime duration_at(GstPad* pad) {
  gint64 duration = 0;
  const bool is_known = gst_pad_query_duration(pad, GST_FORMAT_TIME, &duration) && duration > 0;
  return is_known ? static_cast<GstClockTime>(duration) : GST_CLOCK_TIME_NONE;
}

template <typename Visit>
void for_each_tag_list(GstPad* pad, Visit visit) {
  for (guint i = 0;; i++) {
    const auto event = Ref<GstEvent>::adopt(gst_pad_get_sticky_event(pad, GST_EVENT_TAG, i));
    if (!event) return;
    GstTagList* tags = nullptr;
    gst_event_parse_tag(event.get(), &tags);
    visit(tags);
  }
}

GstVideoOrientationMethod orientation_at(GstPad* pad) {
  auto orientation = GST_VIDEO_ORIENTATION_IDENTITY;
  for_each_tag_list(pad, [&](GstTagList* tags) {
    GstVideoOrientationMethod tagged{};
    if (gst_video_orientation_from_tag(tags, &tagged)) orientation = tagged;
  });
  return orientation;
}

// The tag DURATION that ffmpeg and mkvmerge give each track of Matroska: "00:01:43.000000000".
GstClockTime parse_track_end(const gchar* comment) {
  unsigned hours = 0, minutes = 0;
  double seconds = 0;
  if (std::sscanf(comment, "DURATION=%u:%u:%lf", &hours, &minutes, &seconds) != 3) {
    return GST_CLOCK_TIME_NONE;
  }
  return (hours * guint64{3600} + minutes * guint64{60}) * GST_SECOND +
         static_cast<guint64>(seconds * 1e9);
}

GstClockTime track_end_at(GstPad* pad) {
  GstClockTime end = GST_CLOCK_TIME_NONE;
  for_each_tag_list(pad, [&](GstTagList* tags) {
    const gchar* comment = nullptr;
    for (guint i = 0; gst_tag_list_peek_string_index(tags, GST_TAG_EXTENDED_COMMENT, i, &comment);
         i++) {
      const GstClockTime tagged = parse_track_end(comment);
      if (GST_CLOCK_TIME_IS_VALID(tagged)) end = tagged;
    }
  });
  return end;
}

bool is_default_at(GstPad* pad) {
  const auto event = Ref<GstEvent>::adopt(gst_pad_get_sticky_event(pad, GST_EVENT_STREAM_START, 0));
  GstStreamFlags flags = GST_STREAM_FLAG_NONE;
  if (event) gst_event_parse_stream_flags(event.get(), &flags);
  return (flags & GST_STREAM_FLAG_SELECT) != 0;
}

void read_caps(GstPad* pad, DecodedVideo& video) {
  const auto caps = Ref<GstCaps>::adopt(gst_pad_get_current_caps(pad));
  const GstStructure* format = caps ? gst_caps_get_structure(caps.get(), 0) : nullptr;
  if (!format) return;
  gst_structure_get_int(format, "width", &video.width);
  gst_structure_get_int(format, "height", &video.height);
  gst_structure_get_fraction(format, "framerate", &video.framerate_numerator,
                             &video.framerate_denominator);
}

// In stream time; not valid where it is not known. Most demuxers know only when the longest of all
// streams ends.
GstClockTime end_of(const VideoRecord& record, const std::string& file_type, bool is_alone) {
  const GstSegment& segment = record.segment;
  const bool is_mp4 = file_type == "video/quicktime" || file_type == "application/x-3gp";
  if (is_mp4 && GST_CLOCK_TIME_IS_VALID(segment.stop)) {  // of the edit list
    return segment.time + segment.stop - segment.start;
  }
  if (file_type == "video/x-matroska" || file_type == "video/webm") {
    // Durations count from where timestamps do, whenever the first frame comes.
    const GstClockTime end = is_alone ? record.file_end : record.track_end;
    return stream_time(segment, end);
  }
  const bool knows_each_stream = file_type == "video/x-msvideo";
  return is_alone || knows_each_stream ? record.file_end : GST_CLOCK_TIME_NONE;
}

// "gstreamer|1.0|program|description|decoder-video/x-h264, and more of the caps"
void record_missing(GstMessage* message, DecodedStreams& streams) {
  g_autofree gchar* details = gst_missing_plugin_message_get_installer_detail(message);
  g_auto(GStrv) fields = g_strsplit(details ? details : "", "|", 5);
  if (g_strv_length(fields) < 5) return;
  const auto add = [&](std::string& names) {
    names += (names.empty() ? "" : ", ") + std::string(fields[3]);
  };
  add(streams.missing_plugins);
  if (g_str_has_prefix(fields[4], "decoder-video/") ||
      g_str_has_prefix(fields[4], "decoder-image/")) {
    add(streams.missing_video_decoders);
  }
}

class StreamsReader {
 public:
  explicit StreamsReader(Pipeline& pipeline) : pipeline_(pipeline) {
    GstElement* decoder = pipeline.element("decoder").get();
    g_signal_connect(decoder, "autoplug-continue",
                     G_CALLBACK(+[](GstElement*, GstPad* pad, GstCaps* caps, gpointer reader) {
                       static_cast<StreamsReader*>(reader)->record_encoding(pad, caps);
                       return TRUE;
                     }),
                     this);
    g_signal_connect(decoder, "unknown-type",
                     G_CALLBACK(+[](GstElement*, GstPad*, GstCaps*, gpointer reader) {
                       static_cast<StreamsReader*>(reader)->others_++;
                     }),
                     this);
    g_signal_connect(decoder, "pad-added",
                     G_CALLBACK(+[](GstElement*, GstPad* pad, gpointer reader) {
                       static_cast<StreamsReader*>(reader)->add_stream(pad);
                     }),
                     this);
    g_signal_connect(decoder, "no-more-pads", G_CALLBACK(+[](GstElement*, gpointer reader) {
                       static_cast<StreamsReader*>(reader)->finish_one();
                     }),
                     this);
  }

  DecodedStreams read(GstClockTime timeout) {
    gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);  // a failure is on the bus, too
    const auto bus = pipeline_.bus();
    const gint64 end_us = g_get_monotonic_time() + static_cast<gint64>(timeout / GST_USECOND);
    while (unfinished_ > 0 && !found_.error) {
      const gint64 left_us = std::max<gint64>(0, end_us - g_get_monotonic_time());
      handle(Ref<GstMessage>::adopt(
          gst_bus_timed_pop(bus.get(), static_cast<GstClockTime>(left_us) * GST_USECOND)));
    }
    // What is missing was posted before the search for streams ended.
    while (const auto message = Ref<GstMessage>::adopt(gst_bus_pop(bus.get()))) {
      if (gst_is_missing_plugin_message(message.get())) record_missing(message.get(), found_);
    }
    pipeline_.stop();  // nothing calls back after this
    return result();
  }

 private:
  void record_encoding(GstPad* pad, const GstCaps* caps) {
    const std::lock_guard lock(mutex_);
    if (found_.file_type.empty()) found_.file_type = media_type(caps);
    encodings_.try_emplace(stream_id(pad), media_type(caps));
  }

  void add_stream(GstPad* pad) {
    if (!is_video(pad)) {
      others_++;
      return;
    }
    GstElement* sink = gst_element_factory_make("fakesink", nullptr);
    g_object_set(sink, "async", FALSE, nullptr);
    gst_bin_add(GST_BIN(pipeline_.get()), sink);
    gst_element_sync_state_with_parent(sink);
    watch(pad);
    const auto sink_pad = Ref<GstPad>::adopt(gst_element_get_static_pad(sink, "sink"));
    gst_pad_link(pad, sink_pad.get());
  }

  void watch(GstPad* pad) {
    const std::lock_guard lock(mutex_);
    VideoRecord& record = records_.emplace_back();
    record.reader = this;
    record.video.pad = GST_PAD_NAME(pad);
    record.video.id = stream_id(pad);
    record.video.encoding = encodings_[record.video.id];
    unfinished_++;
    const auto types = static_cast<GstPadProbeType>(
        GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM);
    gst_pad_add_probe(pad, types, record_frame_or_end, &record, nullptr);
  }

  // Blocks the stream at its first frame: the frames after it need no decoding here.
  static GstPadProbeReturn record_frame_or_end(GstPad* pad, GstPadProbeInfo* info, gpointer data) {
    auto& record = *static_cast<VideoRecord*>(data);
    const bool is_frame = info->type & GST_PAD_PROBE_TYPE_BUFFER;
    const bool is_end =
        !is_frame && GST_EVENT_TYPE(gst_pad_probe_info_get_event(info)) == GST_EVENT_EOS;
    if (!is_frame && !is_end) return GST_PAD_PROBE_PASS;
    if (is_frame) record_frame(pad, gst_pad_probe_info_get_buffer(info), record);
    record.reader->finish_one();
    return is_frame ? GST_PAD_PROBE_OK : GST_PAD_PROBE_REMOVE;
  }

  static void record_frame(GstPad* pad, GstBuffer* frame, VideoRecord& record) {
    DecodedVideo& video = record.video;
    record.segment = segment_at(pad).value_or(GstSegment{});
    record.file_end = duration_at(pad);
    record.track_end = track_end_at(pad);
    read_caps(pad, video);
    video.has_frame = true;
    video.is_default = is_default_at(pad);
    video.orientation = orientation_at(pad);
    const GstClockTime start = stream_time(record.segment, GST_BUFFER_PTS(frame));
    if (GST_CLOCK_TIME_IS_VALID(start)) video.start_ns = start;
  }

  void finish_one() {
    unfinished_--;
    gst_element_post_message(
        pipeline_.get(),
        gst_message_new_application(GST_OBJECT(pipeline_.get()), gst_structure_new_empty("wake")));
  }

  void handle(const Ref<GstMessage>& message) {
    if (!message) {
      found_.error = Error{ErrorCode::Corrupt, "no frame could be decoded within a minute"};
      found_.timed_out = true;
    } else if (gst_is_missing_plugin_message(message.get())) {
      record_missing(message.get(), found_);
    } else if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ERROR) {
      found_.error = format_failure(message.get());
    }
  }

  // What demuxers say of a file without a single frame is not meant for people.
  static Error format_failure(GstMessage* message) {
    g_autoptr(GError) error = nullptr;
    gst_message_parse_error(message, &error, nullptr);
    const bool is_vague = g_error_matches(error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED);
    return {ErrorCode::Corrupt, is_vague ? "it has no decodable frame" : error->message};
  }

  DecodedStreams result() {
    const bool is_alone = records_.size() + others_ == 1;
    for (VideoRecord& record : records_) {
      const GstClockTime end = end_of(record, found_.file_type, is_alone);
      if (GST_CLOCK_TIME_IS_VALID(end)) record.video.end_ns = end;
      if (GST_CLOCK_TIME_IS_VALID(record.file_end)) {
        found_.duration_ns = std::max(found_.duration_ns, record.file_end);
      }
      found_.videos.push_back(std::move(record.video));
    }
    return std::move(found_);
  }

  Pipeline& pipeline_;
  std::atomic<int> unfinished_{1};  // streams without a frame yet, and the search for streams
  std::atomic<std::size_t> others_{0};
  std::mutex mutex_;
  std::map<std::string, std::string> encodings_;  // by stream; guarded by mutex_
  std::deque<VideoRecord> records_;  // added to under mutex_; never moved: probes point at them
  DecodedStreams found_;             // file_type guarded by mutex_; the rest of the caller's thread
};

Result<DecodedStreams> read_once(const std::string& path, GstClockTime timeout) {
  auto pipeline = parse_pipeline("filesrc name=source ! decodebin name=decoder");
  if (!pipeline) return pipeline.error();
  g_object_set(pipeline->element("source").get(), "location", path.c_str(), nullptr);
  return StreamsReader(*pipeline).read(timeout);
}

}  // namespace

// decodebin loses an error that a demuxer posts while decodebin still connects it, and waits: of a
// file without a frame about once in thirty times. So a short wait comes first.
Result<DecodedStreams> read_decoded_streams(const std::string& path) {
  Result<DecodedStreams> streams = DecodedStreams();
  for (const GstClockTime timeout : kTimeouts) {
    streams = read_once(path, timeout);
    if (!streams || !streams->timed_out) break;
  }
  return streams;
}

}  // namespace gsttorch
