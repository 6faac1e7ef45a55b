// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/report/frame_grabber.h"

#include <algorithm>
#include <vector>

#include <gst/app/app.h>

#include "tools/gst-torch/support/media_probe.h"

namespace gsttorch {
namespace {

constexpr GstClockTime kTimeout = 20 * GST_SECOND;
constexpr GstClockTimeDiff kTolerance = GST_MSECOND;  // containers round times

}  // namespace

Result<FrameGrabber> FrameGrabber::open(const std::string& video, std::optional<int> stream,
                                        int width) {
  const auto facts = probe_video(video, stream);
  if (!facts) return facts.error();
  auto pipeline = parse_pipeline(decoding_launch(facts->source) +
                                 " ! videoscale ! video/x-raw,width=" + std::to_string(width) +
                                 ",pixel-aspect-ratio=1/1 ! videoconvert ! jpegenc quality=72 ! "
                                 "appsink name=image sync=false");
  if (!pipeline) return pipeline.error();
  g_object_set(pipeline->element("source").get(), "location", video.c_str(), nullptr);
  if (auto prerolled = pipeline->preroll(kTimeout); !prerolled) return prerolled.error();
  auto sink = pipeline->element("image");
  const GstClockTimeDiff offset = pts_offset(sink.get());
  return FrameGrabber(std::move(*pipeline), std::move(sink), offset);
}

std::optional<std::string> FrameGrabber::frame_at(std::uint64_t pts) {
  const auto flags = static_cast<GstSeekFlags>(GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE);
  if (!gst_element_seek_simple(pipeline_.get(), GST_FORMAT_TIME, flags,
                               std::max<gint64>(0, static_cast<gint64>(pts) - offset_))) {
    return std::nullopt;
  }
  const auto sample =
      Ref<GstSample>::adopt(gst_app_sink_try_pull_preroll(GST_APP_SINK(sink_.get()), kTimeout));
  if (!sample) return std::nullopt;
  const GstClockTime found = GST_BUFFER_PTS(gst_sample_get_buffer(sample.get()));
  if (!GST_CLOCK_TIME_IS_VALID(found)) return std::nullopt;
  if (ABS(GST_CLOCK_DIFF(pts, found)) > kTolerance) return std::nullopt;
  std::string jpeg = bytes_of(sample.get());
  return jpeg.empty() ? std::nullopt : std::optional(std::move(jpeg));
}

Result<std::string> flow_jpeg(const FlowView& flow, const FlowColoring& coloring, int width) {
  auto pipeline = parse_pipeline(
      "appsrc name=flow format=time ! videoconvert ! videoscale ! video/x-raw,width=" +
      std::to_string(width) +
      ",pixel-aspect-ratio=1/1 ! videoconvert ! jpegenc quality=72 ! "
      "appsink name=image sync=false");
  if (!pipeline) return pipeline.error();
  const auto source = pipeline->element("flow"), sink = pipeline->element("image");
  const auto caps = Ref<GstCaps>::adopt(gst_caps_new_simple(
      "video/x-raw", "format", G_TYPE_STRING, "RGB", "width", G_TYPE_INT, flow.width, "height",
      G_TYPE_INT, flow.height, "framerate", GST_TYPE_FRACTION, 0, 1, nullptr));
  gst_app_src_set_caps(GST_APP_SRC(source.get()), caps.get());
  const gsize stride = (gsize{3} * static_cast<gsize>(flow.width) + 3) / 4 * 4;
  std::vector<std::uint8_t> pixels(stride * static_cast<gsize>(flow.height));
  color_flow(flow, coloring, pixels.data(), static_cast<std::ptrdiff_t>(stride));
  auto buffer = Ref<GstBuffer>::adopt(gst_buffer_new_memdup(pixels.data(), pixels.size()));
  GST_BUFFER_PTS(buffer.get()) = 0;
  gst_app_src_push_buffer(GST_APP_SRC(source.get()), buffer.release());
  gst_app_src_end_of_stream(GST_APP_SRC(source.get()));
  if (auto prerolled = pipeline->preroll(kTimeout); !prerolled) return prerolled.error();
  const auto sample =
      Ref<GstSample>::adopt(gst_app_sink_try_pull_preroll(GST_APP_SINK(sink.get()), kTimeout));
  if (!sample) return Error{ErrorCode::Failed, "no image came"};
  return bytes_of(sample.get());
}

}  // namespace gsttorch
