// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/analysisoverlay/flow_drawing.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <opencv2/imgproc.hpp>

namespace gsttorch {
namespace {

cv::Scalar scalar(const Rgb& c, const Canvas& canvas) {
  return canvas.is_bgr ? cv::Scalar(c[2], c[1], c[0], 255) : cv::Scalar(c[0], c[1], c[2], 255);
}

/// Full saturation: the arrow's length already shows the magnitude.
Rgb direction_color(float x, float y) {
  FlowColoring unit;
  unit.max_magnitude = std::max(std::hypot(x, y), 1e-6f) * 1.0001f;
  return flow_color({x, y}, unit);
}

/// Positions of arrows along one side; a side shorter than a step has one arrow, in its middle.
std::vector<int> arrow_positions(int side, int step) {
  std::vector<int> positions;
  for (int p = std::min(step, side) / 2; p < side; p += step) positions.push_back(p);
  return positions;
}

struct Arrow {
  cv::Point from;
  cv::Point to;
  cv::Scalar color;
};

/// The dark outline keeps the arrow visible on every background.
void draw_arrow(cv::Mat& target, const Arrow& arrow) {
  constexpr double kTip = 0.3;  // of the length
  cv::arrowedLine(target, arrow.from, arrow.to, {0, 0, 0, 255}, 3, cv::LINE_AA, 0, kTip);
  cv::arrowedLine(target, arrow.from, arrow.to, arrow.color, 1, cv::LINE_AA, 0, kTip);
}

/// End point of an arrow for a known vector.
cv::Point arrow_end(const cv::Point& from, float x, float y) {
  constexpr float kFarAway = 1e5f;  // well outside any image, well within the range of drawing
  const auto offset = [&](float d) {
    return static_cast<int>(std::lround(std::clamp(d, -kFarAway, kFarAway)));
  };
  return from + cv::Point(offset(x), offset(y));
}

}  // namespace

Canvas Canvas::part(int x, int width) const {
  return {pixels(cv::Rect(x, 0, width, pixels.rows)), is_bgr, has_alpha};
}

FlowColoring FlowDrawing::coloring(const FlowView& flow, const Options& options,
                                   const Canvas& canvas) {
  FlowColoring c;
  c.scale_x = static_cast<float>(canvas.pixels.cols) / static_cast<float>(flow.width);
  c.scale_y = static_cast<float>(canvas.pixels.rows) / static_cast<float>(flow.height);
  c.max_magnitude =
      options.max_magnitude > 0 ? options.max_magnitude : range_.update(flow, c.scale_x, c.scale_y);
  return c;
}

void FlowDrawing::draw_wheel(const FlowView& flow, const Options& options, const Canvas& canvas) {
  colors_.create(flow.height, flow.width, CV_8UC3);
  color_flow(flow, coloring(flow, options, canvas), colors_.data,
             static_cast<std::ptrdiff_t>(colors_.step));
  if (colors_.size() == canvas.pixels.size()) {
    copy_rgb(colors_, canvas);
    return;
  }
  // Interpolates colours instead of vectors, because unknown vectors are huge numbers.
  cv::resize(colors_, resized_, canvas.pixels.size(), 0, 0, cv::INTER_LINEAR);
  copy_rgb(resized_, canvas);
}

void FlowDrawing::draw_arrows(const FlowView& flow, const Options& options, const Canvas& canvas) {
  const FlowColoring c = coloring(flow, options, canvas);
  const float scale = static_cast<float>(options.arrow_step) / c.max_magnitude;
  const auto columns = arrow_positions(canvas.pixels.cols, options.arrow_step);
  cv::Mat target = canvas.pixels;
  for (const int row : arrow_positions(canvas.pixels.rows, options.arrow_step)) {
    for (const int column : columns) {
      const FlowVector v = flow.at(static_cast<int>(static_cast<float>(column) / c.scale_x),
                                   static_cast<int>(static_cast<float>(row) / c.scale_y));
      if (!v.is_known()) continue;
      const cv::Point from(column, row);
      const float x = v.x * c.scale_x, y = v.y * c.scale_y;
      draw_arrow(target, {from, arrow_end(from, x * scale, y * scale),
                          scalar(direction_color(x, y), canvas)});
    }
  }
}

void copy_rgb(const cv::Mat& rgb, const Canvas& canvas) {
  cv::Mat target = canvas.pixels;
  if (target.channels() == 4) {
    cv::cvtColor(rgb, target, canvas.is_bgr ? cv::COLOR_RGB2BGRA : cv::COLOR_RGB2RGBA);
  } else if (canvas.is_bgr) {
    cv::cvtColor(rgb, target, cv::COLOR_RGB2BGR);
  } else {
    rgb.copyTo(target);
  }
}

void blend(const cv::Mat& drawing, double opacity, const Canvas& canvas) {
  cv::Mat target = canvas.pixels;
  cv::Mat alpha;
  if (canvas.has_alpha) cv::extractChannel(target, alpha, 3);
  cv::addWeighted(drawing, opacity, target, 1 - opacity, 0, target);
  if (canvas.has_alpha) cv::insertChannel(alpha, target, 3);
}

void clear(const Canvas& canvas) {
  cv::Mat target = canvas.pixels;
  target.setTo(cv::Scalar(0, 0, 0, 255));
}

}  // namespace gsttorch
