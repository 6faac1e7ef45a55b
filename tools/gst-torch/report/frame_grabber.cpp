// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/report/frame_grabber.h"

#include <algorithm>

#include <gst/app/app.h>

#include "tools/gst-torch/support/image.h"
#include "tools/gst-torch/support/media_probe.h"

namespace gsttorch {
namespace {

constexpr GstClockTime kTimeout = 10 * GST_SECOND;
constexpr GstClockTimeDiff kTolerance = GST_MSECOND;  // containers round times

GstClockTime pts_of(const Ref<GstSample>& sample) {
  return GST_BUFFER_PTS(gst_sample_get_buffer(sample.get()));
}

// A PTS less its stream time, in which seeks are given.
GstClockTimeDiff offset_of(const Ref<GstSample>& sample) {
  const GstSegment* segment = gst_sample_get_segment(sample.get());
  return GST_CLOCK_TIME_IS_VALID(segment->time) ? GST_CLOCK_DIFF(segment->time, segment->start) : 0;
}

}  // namespace

Result<FrameGrabber> FrameGrabber::open(const std::string& video, std::optional<int> stream,
                                        int width) {
  const auto facts = probe_video(video, stream);
  if (!facts) return facts.error();
  auto pipeline = parse_pipeline(decoding_launch(facts->source) +
                                 " ! videoscale ! video/x-raw,width=" + std::to_string(width) +
                                 ",pixel-aspect-ratio=1/1 ! " + jpeg_elements(72) +
                                 " ! "
                                 "appsink name=image sync=false max-buffers=1");
  if (!pipeline) return pipeline.error();
  g_object_set(pipeline->element("source").get(), "location", video.c_str(), nullptr);
  // Not paused: there, a sink waits for ever where a gap comes before the frame.
  gst_element_set_state(pipeline->get(), GST_STATE_PLAYING);
  FrameGrabber grabber(std::move(*pipeline));
  const auto first = grabber.pull();
  if (!first) return Error{ErrorCode::Corrupt, "it has no decodable frame"};
  grabber.offset_ = offset_of(first);
  return grabber;
}

// Demuxers may know only after a seek at what time their segments begin: then a second one finds
// the frame.
std::optional<std::string> FrameGrabber::frame_at(GstClockTime pts) {
  for (int attempt = 0; attempt < 2; attempt++) {
    const auto sample = first_frame_from(pts);
    if (!sample) return std::nullopt;
    if (GST_CLOCK_DIFF(pts, pts_of(sample)) <= kTolerance) {
      std::string jpeg = bytes_of(sample.get());
      return jpeg.empty() ? std::nullopt : std::optional(std::move(jpeg));
    }
    offset_ = offset_of(sample);
  }
  return std::nullopt;
}

Ref<GstSample> FrameGrabber::first_frame_from(GstClockTime pts) {
  const auto flags = static_cast<GstSeekFlags>(GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE);
  const gint64 time = std::max<gint64>(0, static_cast<gint64>(pts) - offset_);
  if (is_stuck_ || !gst_element_seek_simple(pipeline_.get(), GST_FORMAT_TIME, flags, time)) {
    return {};
  }
  auto sample = pull();
  while (sample && (!GST_CLOCK_TIME_IS_VALID(pts_of(sample)) ||
                    GST_CLOCK_DIFF(pts_of(sample), pts) > kTolerance)) {
    sample = pull();
  }
  return sample;
}

Ref<GstSample> FrameGrabber::pull() {
  GstAppSink* sink = GST_APP_SINK(sink_.get());
  auto sample = Ref<GstSample>::adopt(gst_app_sink_try_pull_sample(sink, kTimeout));
  is_stuck_ = !sample && !gst_app_sink_is_eos(sink);
  return sample;
}

Result<std::string> flow_jpeg(const FlowView& flow, const FlowColoring& coloring, int width) {
  return encode(flow_image(flow, coloring),
                "videoconvert ! videoscale ! video/x-raw,width=" + std::to_string(width) +
                    ",pixel-aspect-ratio=1/1 ! " + jpeg_elements(72));
}

}  // namespace gsttorch
