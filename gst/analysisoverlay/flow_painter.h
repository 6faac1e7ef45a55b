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

/// The pixels of a frame in a packed format, of which only a part may show (GstVideoCropMeta).
Canvas canvas_of(GstVideoFrame* frame);
/// Copies what shows of a frame to a canvas of its size; to another one, nothing: it is black.
void copy_visible(GstVideoFrame* from, const Canvas& to);

/// Whether a frame carries something that these settings let be drawn.
bool has_drawable_flow(GstBuffer* buffer, const OverlaySettings& settings);

/// Draws the results that lie on buffers. Thread-bound.
class FlowPainter {
 public:
  /// The element owns this object, so it outlives it.
  explicit FlowPainter(GstElement* element) : element_(element) {}

  /// Draws the results of one buffer over the image in a frame, which may be another buffer's.
  void draw_over(GstBuffer* results, const OverlaySettings& settings, GstVideoFrame* frame);
  /// Fills a frame twice as wide: the image, and beside it its results, or black.
  void draw_beside(GstVideoFrame* in, const OverlaySettings& settings, GstVideoFrame* out);
  static void copy_beside_black(GstVideoFrame* in, GstVideoFrame* out);

  void reset();  ///< for another stream

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
