// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/base/format.h"
#include "tools/gst-torch/support/drawing/canvas.h"
#include "tools/gst-torch/support/html.h"

namespace gsttorch {
namespace {

std::string hex(const Color& color) {
  return format("#%02x%02x%02x", color.red, color.green, color.blue);
}

std::string number(double value) { return format_number(value, 1); }

const char* name_of(Anchor anchor) {
  switch (anchor) {
    case Anchor::Middle:
      return "middle";
    case Anchor::End:
      return "end";
    case Anchor::Start:
      break;
  }
  return "start";
}

}  // namespace

void SvgCanvas::fill(const Box& box, const Color& color, double opacity) {
  marks_ += "<rect x=\"" + number(box.x) + "\" y=\"" + number(box.y) + "\" width=\"" +
            number(box.width) + "\" height=\"" + number(box.height) + "\" fill=\"" + hex(color) +
            "\" fill-opacity=\"" + format_number(opacity, 2) + "\"/>\n";
}

void SvgCanvas::draw(const std::vector<Place>& line, const Stroke& stroke) {
  std::string path;
  for (const Place& place : line) {
    path += (path.empty() ? "M" : "L") + number(place.x) + " " + number(place.y);
  }
  marks_ += "<path d=\"" + path + "\" fill=\"none\" stroke=\"" + hex(stroke.color) +
            "\" stroke-width=\"" + number(stroke.width) + "\" stroke-linejoin=\"round\"" +
            (stroke.is_dashed ? " stroke-dasharray=\"6 4\"" : "") + "/>\n";
}

void SvgCanvas::write(const std::string& text, const Place& at, const TextStyle& style) {
  marks_ += "<text x=\"" + number(at.x) + "\" y=\"" + number(at.y) + "\" font-size=\"" +
            number(style.size) + "\" fill=\"" + hex(style.color) + "\" text-anchor=\"" +
            name_of(style.anchor) + "\">" + escaped(text) + "</text>\n";
}

std::string SvgCanvas::file() const {
  const std::string width = std::to_string(width_), height = std::to_string(height_);
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + width + "\" height=\"" + height +
         "\" viewBox=\"0 0 " + width + " " + height + "\" font-family=\"sans-serif\">\n" + marks_ +
         "</svg>\n";
}

}  // namespace gsttorch
