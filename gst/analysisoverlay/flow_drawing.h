// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <opencv2/core/mat.hpp>

#include "lib/formats/flow_color.h"
#include "lib/formats/flow_view.h"

namespace gsttorch {

/// Pixels owned by the caller, 8 bits per channel, 3 or 4 channels.
struct Canvas {
  cv::Mat pixels;
  bool is_bgr = false;
  bool has_alpha = false;  ///< the fourth channel is alpha: drawing preserves it

  Canvas part(int x, int width) const;
};

/// Draws optical flow. Reuses its scratch buffers between frames; not thread-safe. If the flow's
/// size differs from the canvas's, the flow and its vectors are scaled.
class FlowDrawing {
 public:
  struct Options {
    float max_magnitude = 0;  ///< pixels of the canvas: full saturation, or the longest arrow that
                              ///< does not reach its neighbour; 0: from the flow
    int arrow_step = 16;      ///< pixels of the canvas
  };

  /// Fills the canvas with the colour of each vector; unknown vectors are black.
  void draw_wheel(const FlowView& flow, const Options& options, const Canvas& canvas);

  /// Draws an arrow every `arrow_step` pixels in the hue of its direction. A vector of
  /// `max_magnitude` gives an arrow of one step.
  void draw_arrows(const FlowView& flow, const Options& options, const Canvas& canvas);

  /// Clears the magnitudes of earlier frames.
  void reset() { range_.reset(); }

 private:
  FlowColoring coloring(const FlowView& flow, const Options& options, const Canvas& canvas);

  FlowRange range_;
  cv::Mat colors_;   // of the flow's size
  cv::Mat resized_;  // of the canvas's size
};

/// Fills the canvas with an image of the same size, 8-bit R, G, B.
void copy_rgb(const cv::Mat& rgb, const Canvas& canvas);

/// canvas = opacity * drawing + (1 - opacity) * canvas
void blend(const cv::Mat& drawing, double opacity, const Canvas& canvas);

/// Fills the canvas with opaque black.
void clear(const Canvas& canvas);

}  // namespace gsttorch
