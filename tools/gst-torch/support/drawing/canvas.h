// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gsttorch {

struct Color {
  std::uint8_t red = 0, green = 0, blue = 0;
};

/// Pixels from the top left corner of the canvas.
struct Place {
  double x = 0, y = 0;
};

struct Box {
  double x = 0, y = 0, width = 0, height = 0;
};

struct Stroke {
  Color color;
  double width = 1;  ///< pixels
  bool is_dashed = false;
};

enum class Anchor { Start, Middle, End };

struct TextStyle {
  Color color;
  double size = 13;  ///< pixels from one line to the next, nearly
  Anchor anchor = Anchor::Start;
};

/// What lines, boxes and words can be drawn on; later ones cover earlier ones.
class Canvas {
 public:
  virtual ~Canvas() = default;
  virtual void fill(const Box& box, const Color& color, double opacity) = 0;
  virtual void draw(const std::vector<Place>& line, const Stroke& stroke) = 0;
  /// `at`: on the line that letters stand on.
  virtual void write(const std::string& text, const Place& at, const TextStyle& style) = 0;
};

/// As an SVG file.
class SvgCanvas : public Canvas {
 public:
  SvgCanvas(int width, int height) : width_(width), height_(height) {}
  void fill(const Box& box, const Color& color, double opacity) override;
  void draw(const std::vector<Place>& line, const Stroke& stroke) override;
  void write(const std::string& text, const Place& at, const TextStyle& style) override;

  std::string file() const;

 private:
  int width_, height_;
  std::string marks_;
};

}  // namespace gsttorch
