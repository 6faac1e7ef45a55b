// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/analysisoverlay/label.h"

#include <algorithm>

#include <opencv2/imgproc.hpp>

namespace gsttorch {
namespace {

constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;

/// Returns at most `scale`, reduced so that the text fits the canvas's width.
double fitting_scale(const std::string& text, double scale, const Canvas& canvas) {
  const double room = canvas.pixels.cols - 16 * scale;
  const double width = cv::getTextSize(text, kFont, scale, 1, nullptr).width;
  return width > room && room > 0 ? scale * room / width : scale;
}

}  // namespace

cv::Scalar color(const Canvas& canvas, int red, int green, int blue) {
  return canvas.is_bgr ? cv::Scalar(blue, green, red, 255) : cv::Scalar(red, green, blue, 255);
}

void draw_label(const std::string& text, int line, const Canvas& canvas) {
  const double wanted = std::max(0.4, canvas.pixels.rows / 480.0);
  const double scale = fitting_scale(text, wanted, canvas);
  const cv::Point at(static_cast<int>(8 * wanted), static_cast<int>((26 + 32 * line) * wanted));
  const int thickness = std::max(1, static_cast<int>(1.6 * scale));
  const int line_type = thickness > 1 ? cv::LINE_AA : cv::LINE_8;  // thin letters stay crisp
  cv::Mat pixels = canvas.pixels;
  cv::putText(pixels, text, at, kFont, scale, color(canvas, 0, 0, 0), thickness + 2, line_type);
  cv::putText(pixels, text, at, kFont, scale, color(canvas, 255, 255, 255), thickness, line_type);
}

}  // namespace gsttorch
