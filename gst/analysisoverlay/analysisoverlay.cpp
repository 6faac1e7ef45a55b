// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/analysisoverlay/analysisoverlay.h"

#include <utility>

#include "gst/analysisoverlay/side_by_side_caps.h"
#include "lib/gst/gsttorchflowmeta.h"

namespace gsttorch {
namespace {

Canvas canvas_of(GstVideoFrame* frame) {
  const GstVideoFormat format = GST_VIDEO_FRAME_FORMAT(frame);
  const int channels = GST_VIDEO_FRAME_COMP_PSTRIDE(frame, 0);
  const auto stride = static_cast<std::size_t>(GST_VIDEO_FRAME_PLANE_STRIDE(frame, 0));
  Canvas canvas;
  canvas.pixels = cv::Mat(GST_VIDEO_FRAME_HEIGHT(frame), GST_VIDEO_FRAME_WIDTH(frame),
                          CV_8UC(channels), GST_VIDEO_FRAME_PLANE_DATA(frame, 0), stride);
  canvas.is_bgr = format == GST_VIDEO_FORMAT_BGR || format == GST_VIDEO_FORMAT_BGRx ||
                  format == GST_VIDEO_FORMAT_BGRA;
  canvas.has_alpha = GST_VIDEO_INFO_HAS_ALPHA(&frame->info);
  return canvas;
}

bool has_tag(const GstMeta* meta, const gchar* tag) {
  return gst_meta_api_type_has_tag(meta->info->api, g_quark_from_string(tag));
}

}  // namespace

OverlaySettings AnalysisOverlay::settings() const {
  const std::lock_guard lock(mutex_);
  return settings_;
}

Ref<GstCaps> AnalysisOverlay::transform_caps(GstPadDirection direction, GstCaps* caps) const {
  if (settings().layout == OverlayLayout::Blend) return Ref<GstCaps>::share(caps);
  return direction == GST_PAD_SINK ? doubled_width(caps) : halved_width(caps);
}

bool AnalysisOverlay::keeps_meta(const GstMeta* meta) const {
  if (settings().layout == OverlayLayout::Blend) return true;
  // Coordinates refer to a frame half as wide as the one that goes out.
  return !has_tag(meta, GST_META_TAG_VIDEO_SIZE_STR) &&
         !has_tag(meta, GST_META_TAG_VIDEO_ORIENTATION_STR) &&
         !has_tag(meta, GST_META_TAG_MEMORY_STR);
}

void AnalysisOverlay::draw_over(GstVideoFrame* frame) {
  const OverlaySettings settings = this->settings();
  const auto flow = find_flow(frame->buffer, settings);
  if (!flow) return;
  const Canvas canvas = canvas_of(frame);
  if (settings.flow_style == FlowStyle::Wheel) {
    scratch_.create(canvas.pixels.size(), canvas.pixels.type());  // will be covered
  } else {
    canvas.pixels.copyTo(scratch_);
  }
  draw(flow->view(), settings, {scratch_, canvas.is_bgr, canvas.has_alpha});
  blend(scratch_, settings.opacity, canvas);
}

void AnalysisOverlay::draw_beside(GstVideoFrame* in, GstVideoFrame* out) {
  const OverlaySettings settings = this->settings();
  const int width = GST_VIDEO_FRAME_WIDTH(in);
  const Canvas canvas = canvas_of(out);
  cv::Mat left = canvas.part(0, width).pixels;
  canvas_of(in).pixels.copyTo(left);

  const Canvas right = canvas.part(width, width);
  clear(right);
  if (const auto flow = find_flow(in->buffer, settings)) draw(flow->view(), settings, right);
}

void AnalysisOverlay::reset() {
  drawing_.reset();
  has_warned_ = false;
}

std::optional<MappedFlow> AnalysisOverlay::find_flow(GstBuffer* buffer,
                                                     const OverlaySettings& settings) {
  if (settings.flow_style == FlowStyle::None) return std::nullopt;
  gpointer state = nullptr;
  while (GstCustomMeta* meta = gst_buffer_iterate_torch_flow_meta(buffer, &state)) {
    GstTorchFlow flow;
    if (!gst_torch_flow_meta_read(meta, &flow) || !flow.flow) continue;
    if (!settings.source.empty() && settings.source != (flow.source ? flow.source : "")) continue;
    auto mapped = MappedFlow::create(flow.flow, {flow.grid_width, flow.grid_height, flow.format});
    if (mapped) return std::move(mapped).value();
    warn_once(mapped.error().message);
  }
  return std::nullopt;
}

void AnalysisOverlay::draw(const FlowView& flow, const OverlaySettings& settings,
                           const Canvas& canvas) {
  const FlowDrawing::Options options{static_cast<float>(settings.max_magnitude),
                                     static_cast<int>(settings.arrow_step)};
  if (settings.flow_style == FlowStyle::Wheel) {
    drawing_.draw_wheel(flow, options, canvas);
  } else {
    drawing_.draw_arrows(flow, options, canvas);
  }
}

void AnalysisOverlay::warn_once(const std::string& reason) {
  if (std::exchange(has_warned_, true)) return;
  GST_ELEMENT_WARNING(element_, STREAM, FORMAT, ("Some flow is not drawn: %s.", reason.c_str()),
                      (nullptr));
}

}  // namespace gsttorch
