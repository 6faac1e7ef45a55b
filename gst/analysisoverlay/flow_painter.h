// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <optional>
#include <string>

#include <gst/video/video.h>

#include "gst/analysisoverlay/flow_drawing.h"
#include "gst/analysisoverlay/overlay_settings.h"
#include "lib/gst/mapped_flow.h"

namespace gsttorch {

/// Returns the visible part (GstVideoCropMeta) of a frame in a packed format.
Canvas canvas_of(GstVideoFrame* frame);
/// Copies the visible part of a frame to a canvas of the same size; a canvas of another size
/// becomes black.
void copy_visible(GstVideoFrame* from, const Canvas& to);

/// Returns true if a frame has flow that these settings allow to be drawn.
bool has_drawable_flow(GstBuffer* buffer, const OverlaySettings& settings);

/// Draws the flow attached to buffers. Thread-bound.
class FlowPainter {
 public:
  /// The element owns this object and outlives it.
  explicit FlowPainter(GstElement* element) : element_(element) {}

  /// Draws the flow of one buffer over a frame, which may belong to another buffer.
  void draw_over(GstBuffer* results, const OverlaySettings& settings, GstVideoFrame* frame);
  /// Fills a frame of twice the width with the image and, beside it, its flow or black.
  void draw_beside(GstVideoFrame* in, const OverlaySettings& settings, GstVideoFrame* out);
  static void copy_beside_black(GstVideoFrame* in, GstVideoFrame* out);

  void reset();  ///< prepares for another stream

 private:
  std::optional<MappedFlow> find_flow(GstBuffer* buffer, const OverlaySettings& settings);
  void draw(const FlowView& flow, const OverlaySettings& settings, const Canvas& canvas);
  void warn_once(const std::string& reason);

  GstElement* const element_;
  FlowDrawing drawing_;
  cv::Mat scratch_;
  bool has_warned_ = false;
};

}  // namespace gsttorch
