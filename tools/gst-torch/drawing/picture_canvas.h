// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include "tools/gst-torch/drawing/canvas.h"
#include "tools/gst-torch/picture.h"

namespace gsttorch {

/// As pixels. Letters beyond ASCII are question marks.
class PictureCanvas : public Canvas {
 public:
  PictureCanvas(int width, int height, const Color& background);
  void fill(const Box& box, const Color& color, double opacity) override;
  void draw(const std::vector<Place>& line, const Stroke& stroke) override;
  void write(const std::string& text, const Place& at, const TextStyle& style) override;

  /// Another picture, with its top left corner there; what lies outside is cut off.
  void paste(const Picture& picture, int x, int y);

  const Picture& picture() const { return picture_; }

 private:
  Picture picture_;
};

}  // namespace gsttorch
