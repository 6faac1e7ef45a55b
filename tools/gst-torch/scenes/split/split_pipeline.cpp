// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/scenes/split/split_pipeline.h"

#include <algorithm>
#include <map>

#include <gst/video/video.h>

namespace gsttorch {
namespace {

// splitmuxsink blocks a stream until the others have come as far, for a whole GOP: the queues grow
// while another one is empty, up to this size.
constexpr char kCommon[] =
    "filesrc name=source ! parsebin name=streams "
    "multiqueue name=queues max-size-buffers=5 max-size-time=0 max-size-bytes=268435456 "
    "splitmuxsink name=parts max-size-time=0 max-size-bytes=0 ";

constexpr std::int64_t kTolerance = 500'000;  // ns

std::string format_launch(const SplitJob& job) {
  std::string text = kCommon;
  if (job.encoder) {
    // Files have one size, that of the first frame.
    text += "decodebin name=decoder ! videoconvert ! videoscale ! video/x-raw,format=I420,width=" +
            std::to_string(job.width) + ",height=" + std::to_string(job.height) + " ! " +
            (job.turns_upright ? "videoflip video-direction=auto ! " : "") + job.encoder->launch +
            " ! capsfilter name=encoded caps=" + job.encoder->caps;
  }
  return text;
}

Ref<GstPad> static_pad(GstElement* element, const char* name) {
  return Ref<GstPad>::adopt(gst_element_get_static_pad(element, name));
}

Ref<GstPad> request_pad(GstElement* element, const char* name) {
  return Ref<GstPad>::adopt(gst_element_request_pad_simple(element, name));
}

// A run in progress, which the streaming threads call back into.
class Run {
 public:
  Run(const Pipeline& pipeline, const SplitJob& job, const ClipFiles& files)
      : job_(job), files_(files), parts_(pipeline.element("parts")) {
    connect(pipeline);
    g_signal_connect(pipeline.element("streams").get(), "pad-added",
                     G_CALLBACK(+[](GstElement*, GstPad* pad, gpointer run) {
                       static_cast<Run*>(run)->link(pad);
                     }),
                     this);
    g_signal_connect(parts_.get(), "format-location-full",
                     G_CALLBACK(+[](GstElement*, guint, GstSample*, gpointer run) -> gchar* {
                       return static_cast<Run*>(run)->next_file();
                     }),
                     this);
    const auto muxed = static_pad(parts_.get(), "video");
    gst_pad_add_probe(muxed.get(), GST_PAD_PROBE_TYPE_BUFFER, on_packet, this, nullptr);
    if (!job.encoder) return;
    const auto decoded = static_pad(pipeline.element("encoder").get(), "sink");
    gst_pad_add_probe(decoded.get(), GST_PAD_PROBE_TYPE_BUFFER, on_frame, this, nullptr);
  }

  SplitPipeline::Counts counts() const { return {packets_, files_begun_}; }

 private:
  // Pads of splitmuxsink are of the muxer that it has when they are asked for.
  void connect(const Pipeline& pipeline) {
    const auto queues = pipeline.element("queues");
    auto input = request_pad(parts_.get(), "video");
    if (job_.encoder) {
      gst_pad_link(static_pad(pipeline.element("encoded").get(), "src").get(), input.get());
      input = static_pad(pipeline.element("decoder").get(), "sink");
    }
    inputs_[job_.video_id] = queue_to(queues.get(), input);
    for (const std::string& id : job_.audio_ids) {
      inputs_[id] = queue_to(queues.get(), request_pad(parts_.get(), "audio_%u"));
    }
  }

  // A new queue of the multiqueue, in front of a pad.
  static Ref<GstPad> queue_to(GstElement* queues, const Ref<GstPad>& next) {
    auto input = request_pad(queues, "sink_%u");
    const std::string name = GST_PAD_NAME(input.get());
    const auto output = static_pad(queues, ("src" + name.substr(4)).c_str());
    gst_pad_link(output.get(), next.get());
    return input;
  }

  // What no part takes stays without a partner, and is left alone.
  void link(GstPad* pad) {
    const auto found = inputs_.find(stream_id_of(pad));
    if (found == inputs_.end() || gst_pad_is_linked(found->second.get())) return;
    if (gst_pad_link(pad, found->second.get()) == GST_PAD_LINK_OK) return;
    GST_ELEMENT_ERROR(parts_.get(), CORE, NEGOTIATION, ("Cannot link a stream of the video."),
                      (nullptr));
  }

  gchar* next_file() { return g_strdup(files_.unfinished(files_begun_++).c_str()); }

  static GstPadProbeReturn on_packet(GstPad* pad, GstPadProbeInfo* info, gpointer data) {
    auto& run = *static_cast<Run*>(data);
    // splitmuxsink ignores split requests that come before its first packet.
    if (!std::exchange(run.has_signalled_, true)) {
      for (const std::int64_t time : run.job_.signals_ns) {
        g_signal_emit_by_name(run.parts_.get(), "split-at-running-time",
                              static_cast<guint64>(std::max<std::int64_t>(0, time)));
      }
    }
    const auto caps = Ref<GstCaps>::adopt(gst_pad_get_current_caps(pad));
    if (is_header(GST_PAD_PROBE_INFO_BUFFER(info), caps.get())) return GST_PAD_PROBE_OK;
    const auto duration = run.job_.last_durations_ns.find(run.packets_++);
    if (duration == run.job_.last_durations_ns.end()) return GST_PAD_PROBE_OK;
    GstBuffer* buffer = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
    GST_BUFFER_DURATION(buffer) = static_cast<GstClockTime>(duration->second);
    GST_PAD_PROBE_INFO_DATA(info) = buffer;
    return GST_PAD_PROBE_OK;
  }

  static GstPadProbeReturn on_frame(GstPad* pad, GstPadProbeInfo* info, gpointer data) {
    auto& run = *static_cast<Run*>(data);
    const std::vector<std::int64_t>& starts = run.job_.starts_ns;
    const GstClockTime pts = GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info));
    const auto time = running_time_at(pad, pts);
    if (!time || run.keys_asked_ == starts.size()) return GST_PAD_PROBE_OK;
    if (*time + kTolerance < starts[run.keys_asked_]) return GST_PAD_PROBE_OK;
    run.keys_asked_++;
    // For the next frame, without a running time: x264enc shifts its times by 1000 hours, and
    // GStreamer 1.22 then takes all requests with a time but the first for late ones.
    gst_pad_send_event(pad, gst_video_event_new_downstream_force_key_unit(
                                pts, GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, FALSE,
                                static_cast<guint>(run.keys_asked_)));
    return GST_PAD_PROBE_OK;
  }

  const SplitJob& job_;
  const ClipFiles& files_;
  const Ref<GstElement> parts_;
  std::map<std::string, Ref<GstPad>> inputs_;  // by stream; not changed while it runs
  bool has_signalled_ = false;                 // of the thread of the video's packets
  std::atomic<std::uint64_t> packets_{0};
  std::atomic<std::size_t> files_begun_{0};
  std::size_t keys_asked_ = 0;  // of the thread of the decoded frames
};

}  // namespace

Result<SplitPipeline> SplitPipeline::create(const SplitJob& job) {
  auto pipeline = parse_pipeline(format_launch(job));
  if (!pipeline) return pipeline.error();
  g_object_set(pipeline->element("source").get(), "location", job.video.c_str(), nullptr);
  GstElement* muxer = gst_element_factory_make(job.container.muxer, nullptr);
  if (!muxer) {
    return Error{ErrorCode::LibraryMissing,
                 std::string("GStreamer has no element ") + job.container.muxer};
  }
  // Each file begins at 0: mp4mux does so by itself.
  if (g_object_class_find_property(G_OBJECT_GET_CLASS(muxer), "offset-to-zero")) {
    g_object_set(muxer, "offset-to-zero", TRUE, nullptr);
  }
  g_object_set(pipeline->element("parts").get(), "muxer", muxer, nullptr);
  return SplitPipeline(std::move(*pipeline));
}

Result<SplitPipeline::Counts> SplitPipeline::run(const SplitJob& job, const ClipFiles& files) {
  const Run run(pipeline_, job, files);
  const auto done = pipeline_.run_unless_interrupted();
  pipeline_.stop();  // nothing calls back after this
  if (!done) return done.error();
  return run.counts();
}

}  // namespace gsttorch
