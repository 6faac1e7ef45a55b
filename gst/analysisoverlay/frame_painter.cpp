// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/analysisoverlay/frame_painter.h"

#include <opencv2/core.hpp>

namespace gsttorch {
namespace {

/// Restores the image's alpha channel after drawing.
class PreservedAlpha {
 public:
  explicit PreservedAlpha(const Canvas& canvas) : canvas_(canvas) {
    if (canvas_.has_alpha) cv::extractChannel(canvas_.pixels, alpha_, 3);
  }
  ~PreservedAlpha() {
    if (canvas_.has_alpha) cv::insertChannel(alpha_, canvas_.pixels, 3);
  }
  PreservedAlpha(const PreservedAlpha&) = delete;
  PreservedAlpha& operator=(const PreservedAlpha&) = delete;

 private:
  Canvas canvas_;
  cv::Mat alpha_;
};

void draw_texts(GstBuffer* results, const OverlaySettings& settings, const FrameContext& context,
                const Canvas& canvas) {
  context.shots.draw(results, settings, canvas);
  const int line = has_drawable_shot(results, settings) ? 1 : 0;
  MatchPainter::draw_labels(results, settings, line, canvas);
}

Canvas above_perf_line(const FrameContext& context, const Canvas& canvas) {
  return context.perf_line ? context.perf_line->draw(canvas) : canvas;
}

}  // namespace

bool FramePainter::has_drawable(GstBuffer* buffer, const OverlaySettings& settings) {
  return has_drawable_flow(buffer, settings) || has_drawable_shot(buffer, settings) ||
         has_drawable_match(buffer, settings);
}

bool FramePainter::shows_pairs(const OverlaySettings& settings) {
  return settings.match_style == MatchStyle::Pairs && settings.layout == OverlayLayout::SideBySide;
}

void FramePainter::draw_over(GstBuffer* results, const OverlaySettings& settings,
                             const FrameContext& context, GstVideoFrame* frame) {
  flow_.draw_over(results, settings, frame);
  const Canvas canvas = canvas_of(frame);
  const PreservedAlpha kept(canvas);
  matches_.draw(results, settings, canvas);
  draw_texts(results, settings, context, above_perf_line(context, canvas));
}

void FramePainter::draw_beside(GstVideoFrame* in, const OverlaySettings& settings,
                               const FrameContext& context, GstVideoFrame* out) {
  const Canvas canvas = canvas_of(out);
  const int width = canvas.pixels.cols / 2;
  if (shows_pairs(settings)) {
    draw_pairs(in, settings, context.other, out);
  } else {
    flow_.draw_beside(in, settings, out);
    matches_.draw(in->buffer, settings, canvas.part(width, width));
  }
  const Canvas rest = above_perf_line(context, canvas);
  draw_texts(in->buffer, settings, context, rest.part(width, width));
}

void FramePainter::draw_pairs(GstVideoFrame* in, const OverlaySettings& settings,
                              const ReferenceSource& other, GstVideoFrame* out) {
  FlowPainter::copy_beside_black(in, out);
  const Canvas canvas = canvas_of(out);
  const int width = canvas.pixels.cols / 2;
  GstVideoFrame earlier;
  if (other.file) {
    draw_image(*other.file, canvas.part(width, width));
  } else if (other.frame &&
             gst_video_frame_map(&earlier, &in->info, other.frame.get(), GST_MAP_READ)) {
    copy_visible(&earlier, canvas.part(width, width));
    gst_video_frame_unmap(&earlier);
  } else {
    return;
  }
  matches_.draw_pairs(in->buffer, settings, canvas);
}

void FramePainter::reset() {
  flow_.reset();
  matches_.reset();
}

}  // namespace gsttorch
