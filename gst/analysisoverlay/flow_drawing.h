// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <opencv2/core/mat.hpp>

#include "lib/formats/flow_color.h"
#include "lib/formats/flow_view.h"

namespace gsttorch {

/// Pixels that somebody else owns, 8 bits per channel, 3 or 4 channels.
struct Canvas {
  cv::Mat pixels;
  bool is_bgr = false;
  bool has_alpha = false;  ///< the fourth channel means something: it is kept

  Canvas part(int x, int width) const;
};

/// Optical flow as images. Keeps its scratch space from frame to frame; not thread-safe.
/// A flow of another size than the canvas is scaled to it, and its vectors with it.
class FlowDrawing {
 public:
  struct Options {
    float max_magnitude = 0;  ///< pixels of the canvas: full saturation, or the longest arrow that
                              ///< does not reach its neighbour; 0: from the flow
    int arrow_step = 16;      ///< pixels of the canvas
  };

  /// Covers the canvas with the colour of each vector; black where it is unknown.
  void draw_wheel(const FlowView& flow, const Options& options, const Canvas& canvas);

  /// An arrow every `arrow_step` pixels in the hue of its direction. One of `max_magnitude` is a
  /// step long.
  void draw_arrows(const FlowView& flow, const Options& options, const Canvas& canvas);

  /// Forgets the magnitudes of earlier frames.
  void reset() { range_.reset(); }

 private:
  FlowColoring coloring(const FlowView& flow, const Options& options, const Canvas& canvas);

  FlowRange range_;
  cv::Mat colors_;   // of the flow's size
  cv::Mat resized_;  // of the canvas's size
};

/// Covers the canvas with an image of its size, 8-bit R, G, B.
void copy_rgb(const cv::Mat& rgb, const Canvas& canvas);

/// canvas = opacity * drawing + (1 - opacity) * canvas
void blend(const cv::Mat& drawing, double opacity, const Canvas& canvas);

/// Opaque black.
void clear(const Canvas& canvas);

}  // namespace gsttorch
