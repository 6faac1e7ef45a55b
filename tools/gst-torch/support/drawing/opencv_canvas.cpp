// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

#include "tools/gst-torch/support/drawing/image_canvas.h"

namespace gsttorch {
namespace {

constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;
constexpr double kSizeOfFont = 31;     // pixels from line to line, where its scale is 1
constexpr int kShift = 4;              // OpenCV's fixed point: sixteenths of a pixel
constexpr double kDash = 6, kGap = 4;  // pixels, as in the SVG

// Borrows the pixels.
cv::Mat pixels_of(Image& image) { return {image.height, image.width, CV_8UC3, image.rgb.data()}; }

cv::Scalar scalar(const Color& color) {
  return {double(color.red), double(color.green), double(color.blue)};
}

cv::Point fixed_point(const Place& place) {
  return {static_cast<int>(std::lround(place.x * (1 << kShift))),
          static_cast<int>(std::lround(place.y * (1 << kShift)))};
}

cv::Rect rectangle(const Box& box) {
  const int left = static_cast<int>(std::lround(box.x)), top = static_cast<int>(std::lround(box.y));
  return {left, top, std::max(1, static_cast<int>(std::lround(box.x + box.width)) - left),
          std::max(1, static_cast<int>(std::lround(box.y + box.height)) - top)};
}

// The same line in pieces: dashes, or all of it.
std::vector<std::vector<Place>> dashes(const Place& from, const Place& to) {
  const double length = std::hypot(to.x - from.x, to.y - from.y);
  const auto at = [&](double distance) {
    const double share = std::min(1.0, distance / length);
    return Place{from.x + (to.x - from.x) * share, from.y + (to.y - from.y) * share};
  };
  std::vector<std::vector<Place>> pieces;
  for (double start = 0; start < length; start += kDash + kGap) {
    pieces.push_back({at(start), at(start + kDash)});
  }
  return pieces;
}

class OpenCvCanvas : public ImageCanvas {
 public:
  OpenCvCanvas(int width, int height, const Color& background);
  void fill(const Box& box, const Color& color, double opacity) override;
  void draw(const std::vector<Place>& line, const Stroke& stroke) override;
  void write(const std::string& text, const Place& at, const TextStyle& style) override;
  void paste(const Image& image, int x, int y) override;
  const Image& image() const override { return image_; }

 private:
  Image image_;
};

OpenCvCanvas::OpenCvCanvas(int width, int height, const Color& background)
    : image_{width, height, {}} {
  image_.rgb.resize(std::size_t{3} * static_cast<std::size_t>(width) *
                    static_cast<std::size_t>(height));
  pixels_of(image_).setTo(scalar(background));
}

void OpenCvCanvas::fill(const Box& box, const Color& color, double opacity) {
  cv::Mat pixels = pixels_of(image_);
  cv::Mat inside = pixels(rectangle(box) & cv::Rect(0, 0, pixels.cols, pixels.rows));
  if (inside.empty()) return;
  cv::addWeighted(inside, 1 - opacity, cv::Mat(inside.size(), CV_8UC3, scalar(color)), opacity, 0,
                  inside);
}

void OpenCvCanvas::draw(const std::vector<Place>& line, const Stroke& stroke) {
  if (stroke.is_dashed) {
    for (std::size_t i = 1; i < line.size(); i++) {
      for (const auto& dash : dashes(line[i - 1], line[i])) {
        draw(dash, {stroke.color, stroke.width, false});
      }
    }
    return;
  }
  std::vector<cv::Point> points;
  for (const Place& place : line) points.push_back(fixed_point(place));
  cv::Mat pixels = pixels_of(image_);
  cv::polylines(pixels, points, false, scalar(stroke.color),
                std::max(1, static_cast<int>(std::lround(stroke.width))), cv::LINE_AA, kShift);
}

void OpenCvCanvas::write(const std::string& text, const Place& at, const TextStyle& style) {
  const double scale = style.size / kSizeOfFont;
  int below = 0;
  const int width = cv::getTextSize(text, kFont, scale, 1, &below).width;
  const double shift = style.anchor == Anchor::End      ? width
                       : style.anchor == Anchor::Middle ? width / 2.0
                                                        : 0;
  cv::Mat pixels = pixels_of(image_);
  cv::putText(pixels, text,
              {static_cast<int>(std::lround(at.x - shift)), static_cast<int>(std::lround(at.y))},
              kFont, scale, scalar(style.color), style.size >= 20 ? 2 : 1, cv::LINE_AA);
}

void OpenCvCanvas::paste(const Image& image, int x, int y) {
  const int width = std::min(image.width, image_.width - x);
  const int height = std::min(image.height, image_.height - y);
  for (int row = 0; row < height; row++) {
    const auto from = image.rgb.begin() + std::ptrdiff_t{3} * row * image.width;
    std::copy(from, from + std::ptrdiff_t{3} * std::max(0, width),
              image_.rgb.begin() + std::ptrdiff_t{3} * ((y + row) * image_.width + x));
  }
}

}  // namespace
}  // namespace gsttorch

extern "C" __attribute__((visibility("default"))) gsttorch::ImageCanvas* gsttorch_drawing_1(
    int width, int height, const gsttorch::Color& background) {
  return new gsttorch::OpenCvCanvas(width, height, background);
}
