// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/analysisoverlay/flow_painter.h"

#include <utility>

#include "lib/gst/gsttorchflowmeta.h"

namespace gsttorch {
namespace {

/// Calls `visit` with each flow that the settings allow to be drawn, until it returns that it is
/// done.
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

/// Returns the visible part of a frame, to which the results and their coordinates refer. If a crop
/// meta exceeds the frame, returns the whole frame.
cv::Rect visible_part(const GstVideoFrame* frame) {
  const guint width = GST_VIDEO_FRAME_WIDTH(frame), height = GST_VIDEO_FRAME_HEIGHT(frame);
  const cv::Rect whole(0, 0, static_cast<int>(width), static_cast<int>(height));
  const GstVideoCropMeta* crop = gst_buffer_get_video_crop_meta(frame->buffer);
  if (!crop || crop->width == 0 || crop->height == 0) return whole;
  const bool lies_inside = crop->x < width && crop->width <= width - crop->x && crop->y < height &&
                           crop->height <= height - crop->y;
  if (!lies_inside) return whole;
  return {static_cast<int>(crop->x), static_cast<int>(crop->y), static_cast<int>(crop->width),
          static_cast<int>(crop->height)};
}

}  // namespace

Canvas canvas_of(GstVideoFrame* frame) {
  const GstVideoFormat format = GST_VIDEO_FRAME_FORMAT(frame);
  const int channels = GST_VIDEO_FRAME_COMP_PSTRIDE(frame, 0);
  const auto stride = static_cast<std::size_t>(GST_VIDEO_FRAME_PLANE_STRIDE(frame, 0));
  Canvas canvas;
  canvas.pixels =
      cv::Mat(GST_VIDEO_FRAME_HEIGHT(frame), GST_VIDEO_FRAME_WIDTH(frame), CV_8UC(channels),
              GST_VIDEO_FRAME_PLANE_DATA(frame, 0), stride)(visible_part(frame));
  canvas.is_bgr = format == GST_VIDEO_FORMAT_BGR || format == GST_VIDEO_FORMAT_BGRx ||
                  format == GST_VIDEO_FORMAT_BGRA;
  canvas.has_alpha = GST_VIDEO_INFO_HAS_ALPHA(&frame->info);
  return canvas;
}

void copy_visible(GstVideoFrame* from, const Canvas& to) {
  const cv::Mat pixels = canvas_of(from).pixels;
  if (pixels.size() == to.pixels.size()) {
    cv::Mat copied = to.pixels;
    pixels.copyTo(copied);
  } else {
    clear(to);  // the frame is smaller than its caps say
  }
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
    scratch_.create(canvas.pixels.size(), canvas.pixels.type());  // will be overwritten completely
  } else {
    canvas.pixels.copyTo(scratch_);
  }
  draw(flow->view(), settings, {scratch_, canvas.is_bgr, canvas.has_alpha});
  blend(scratch_, settings.opacity, canvas);
}

void FlowPainter::draw_beside(GstVideoFrame* in, const OverlaySettings& settings,
                              GstVideoFrame* out) {
  copy_beside_black(in, out);
  const Canvas canvas = canvas_of(out);
  const int width = canvas.pixels.cols / 2;
  const Canvas right = canvas.part(width, width);
  if (const auto flow = find_flow(in->buffer, settings)) draw(flow->view(), settings, right);
}

void FlowPainter::copy_beside_black(GstVideoFrame* in, GstVideoFrame* out) {
  const Canvas canvas = canvas_of(out);
  const int width = canvas.pixels.cols / 2;
  copy_visible(in, canvas.part(0, width));
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
  GST_ELEMENT_WARNING(element_, STREAM, FORMAT, ("Cannot draw a flow: %s.", reason.c_str()),
                      (nullptr));
}

}  // namespace gsttorch
