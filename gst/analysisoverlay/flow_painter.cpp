// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/analysisoverlay/flow_painter.h"

#include <utility>

#include "lib/gst/gsttorchflowmeta.h"

namespace gsttorch {
namespace {

/// Calls `visit` with each flow that the settings let be drawn, until it says that it is done.
template <typename Visit>
void for_each_flow(GstBuffer* buffer, const OverlaySettings& settings, Visit&& visit) {
  if (settings.flow_style == FlowStyle::None) return;
  gpointer state = nullptr;
  while (GstCustomMeta* meta = gst_buffer_iterate_torch_flow_meta(buffer, &state)) {
    GstTorchFlow flow;
    if (!gst_torch_flow_meta_read(meta, &flow) || !flow.flow) continue;
    if (!settings.source.empty() && settings.source != (flow.source ? flow.source : "")) continue;
    if (visit(flow)) return;
  }
}

}  // namespace

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

bool has_drawable_flow(GstBuffer* buffer, const OverlaySettings& settings) {
  bool found = false;
  for_each_flow(buffer, settings, [&](const GstTorchFlow&) { return found = true; });
  return found;
}

void FlowPainter::draw_over(GstBuffer* results, const OverlaySettings& settings,
                            GstVideoFrame* frame) {
  const auto flow = find_flow(results, settings);
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

void FlowPainter::draw_beside(GstVideoFrame* in, const OverlaySettings& settings,
                              GstVideoFrame* out) {
  copy_beside_black(in, out);
  const int width = GST_VIDEO_FRAME_WIDTH(in);
  const Canvas right = canvas_of(out).part(width, width);
  if (const auto flow = find_flow(in->buffer, settings)) draw(flow->view(), settings, right);
}

void FlowPainter::copy_beside_black(GstVideoFrame* in, GstVideoFrame* out) {
  const int width = GST_VIDEO_FRAME_WIDTH(in);
  const Canvas canvas = canvas_of(out);
  cv::Mat left = canvas.part(0, width).pixels;
  canvas_of(in).pixels.copyTo(left);
  clear(canvas.part(width, width));
}

void FlowPainter::reset() {
  drawing_.reset();
  has_warned_ = false;
}

std::optional<MappedFlow> FlowPainter::find_flow(GstBuffer* buffer,
                                                 const OverlaySettings& settings) {
  std::optional<MappedFlow> found;
  for_each_flow(buffer, settings, [&](const GstTorchFlow& flow) {
    auto mapped = MappedFlow::create(flow.flow, {flow.grid_width, flow.grid_height, flow.format});
    if (mapped) {
      found.emplace(std::move(mapped).value());
    } else {
      warn_once(mapped.error().message);
    }
    return found.has_value();
  });
  return found;
}

void FlowPainter::draw(const FlowView& flow, const OverlaySettings& settings,
                       const Canvas& canvas) {
  const FlowDrawing::Options options{static_cast<float>(settings.max_magnitude),
                                     static_cast<int>(settings.arrow_step)};
  if (settings.flow_style == FlowStyle::Wheel) {
    drawing_.draw_wheel(flow, options, canvas);
  } else {
    drawing_.draw_arrows(flow, options, canvas);
  }
}

void FlowPainter::warn_once(const std::string& reason) {
  if (std::exchange(has_warned_, true)) return;
  GST_ELEMENT_WARNING(element_, STREAM, FORMAT, ("Some flow is not drawn: %s.", reason.c_str()),
                      (nullptr));
}

}  // namespace gsttorch
